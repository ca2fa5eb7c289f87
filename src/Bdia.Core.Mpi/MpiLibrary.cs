using System.Runtime.InteropServices;
using System.Text;
using Bdia.Core.Distributed;

namespace Bdia.Core.Mpi;

/// <summary>
/// The functions and names of an MPI library. Open MPI's handles are addresses of objects that it exports, MPICH's are numbers: which of
/// the two it is shows by those objects. Both are passed as machine words, of which a callee that wants an int takes the lower half.
/// </summary>
internal sealed unsafe class MpiLibrary
{
    private const int Success = 0, LongestText = 8192, Serialized = 2;

    private readonly nint library;
    private readonly delegate* unmanaged[Cdecl]<nint, nint, int, int*, int> initThread;
    private readonly delegate* unmanaged[Cdecl]<int*, int> initialized, queryThread;
    private readonly delegate* unmanaged[Cdecl]<int> finalize;
    private readonly delegate* unmanaged[Cdecl]<nint, nint*, int> commDup;
    private readonly delegate* unmanaged[Cdecl]<nint, nint, int> commSetErrorHandler;
    private readonly delegate* unmanaged[Cdecl]<nint, int*, int> commRank, commSize;
    private readonly delegate* unmanaged[Cdecl]<void*, int, nint, int, int, nint, nint*, int> isend, irecv;
    private readonly delegate* unmanaged[Cdecl]<void*, void*, int, nint, nint, nint, nint*, int> iallreduce;
    private readonly delegate* unmanaged[Cdecl]<nint*, int*, void*, int> test;
    private readonly delegate* unmanaged[Cdecl]<int, int, nint, int*, void*, int> iprobe;
    private readonly delegate* unmanaged[Cdecl]<void*, nint, int*, int> getCount;
    private readonly delegate* unmanaged[Cdecl]<int, byte*, int*, int> errorString;
    private readonly delegate* unmanaged[Cdecl]<byte*, int*, int> version;
    private readonly nint world, bytes, floats, sum, errorsReturn;
    private readonly int anySource, sourceOffset;
    private readonly void* inPlace;

    private MpiLibrary(nint library)
    {
        this.library = library;
        if (NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out world))
        {
            IsOpenMpi = true;
            (bytes, floats) = (Export("ompi_mpi_byte"), Export("ompi_mpi_float"));
            (sum, errorsReturn) = (Export("ompi_mpi_op_sum"), Export("ompi_mpi_errors_return"));
            (anySource, sourceOffset) = (-1, 0);
            inPlace = (void*)1;
        }
        else
        {
            // The numbers of MPICH's binary interface, which its descendants have as well.
            (world, bytes, floats, sum, errorsReturn) = (0x44000000, 0x4C00010D, 0x4C00040A, 0x58000003, 0x54000001);
            (anySource, sourceOffset) = (-2, 2);
            inPlace = (void*)-1;
        }

        initThread = (delegate* unmanaged[Cdecl]<nint, nint, int, int*, int>)Export("MPI_Init_thread");
        queryThread = (delegate* unmanaged[Cdecl]<int*, int>)Export("MPI_Query_thread");
        initialized = (delegate* unmanaged[Cdecl]<int*, int>)Export("MPI_Initialized");
        finalize = (delegate* unmanaged[Cdecl]<int>)Export("MPI_Finalize");
        commDup = (delegate* unmanaged[Cdecl]<nint, nint*, int>)Export("MPI_Comm_dup");
        commSetErrorHandler = (delegate* unmanaged[Cdecl]<nint, nint, int>)Export("MPI_Comm_set_errhandler");
        commRank = (delegate* unmanaged[Cdecl]<nint, int*, int>)Export("MPI_Comm_rank");
        commSize = (delegate* unmanaged[Cdecl]<nint, int*, int>)Export("MPI_Comm_size");
        isend = (delegate* unmanaged[Cdecl]<void*, int, nint, int, int, nint, nint*, int>)Export("MPI_Isend");
        irecv = (delegate* unmanaged[Cdecl]<void*, int, nint, int, int, nint, nint*, int>)Export("MPI_Irecv");
        iallreduce = (delegate* unmanaged[Cdecl]<void*, void*, int, nint, nint, nint, nint*, int>)Export("MPI_Iallreduce");
        test = (delegate* unmanaged[Cdecl]<nint*, int*, void*, int>)Export("MPI_Test");
        iprobe = (delegate* unmanaged[Cdecl]<int, int, nint, int*, void*, int>)Export("MPI_Iprobe");
        getCount = (delegate* unmanaged[Cdecl]<void*, nint, int*, int>)Export("MPI_Get_count");
        errorString = (delegate* unmanaged[Cdecl]<int, byte*, int*, int>)Export("MPI_Error_string");
        version = (delegate* unmanaged[Cdecl]<byte*, int*, int>)Export("MPI_Get_library_version");
    }

    /// <summary>Whether it is Open MPI; otherwise MPICH or a descendant.</summary>
    public bool IsOpenMpi { get; }

    /// <summary>What it says of itself.</summary>
    public string Version
    {
        get
        {
            Span<byte> text = stackalloc byte[LongestText];
            var length = 0;
            fixed (byte* memory = text) Require(version(memory, &length));
            return Encoding.UTF8.GetString(text[..Math.Clamp(length, 0, LongestText)]).TrimEnd('\0', '\n').Split('\n')[0];
        }
    }

    /// <summary>Loads the library that goes with a launcher, or another.</summary>
    /// <exception cref="DllNotFoundException">There is none.</exception>
    public static MpiLibrary Load(string? asked, MpiLauncher launcher)
    {
        IReadOnlyList<string> names = asked is null ? launcher.Libraries : [asked];
        foreach (var name in names)
            if (NativeLibrary.TryLoad(name, out var library)) return new MpiLibrary(library);
        throw new DllNotFoundException($"{launcher.Name} has started this process ({launcher.Variable} is set), but no MPI library can be "
            + $"loaded: {string.Join(", ", names)}. Install the package openmpi-bin or mpich of the launcher on every host, or set "
            + $"{nameof(MpiOptions)}.{nameof(MpiOptions.Library)}.");
    }

    /// <summary>Begins MPI, and makes a channel of our own among all ranks.</summary>
    /// <returns>The channel, this rank and how many there are; and whether MPI is ours to end.</returns>
    public (nint Channel, int Rank, int Size, bool IsOurs) Begin()
    {
        int begun, rank, size, provided;
        Require(initialized(&begun));
        if (begun == 0) Require(initThread(0, 0, Serialized, &provided));
        else Require(queryThread(&provided));
        if (provided < Serialized)
            throw new DistributedException($"{Version} may be called by one thread alone, as it was begun or built, and sums "
                + "travel on a thread of their own. Begin MPI with MPI_THREAD_SERIALIZED, or leave it to MpiRanks, or take a library that "
                + "has threads.");
        nint channel = 0;
        Require(commDup(world, &channel));
        Require(commSetErrorHandler(channel, errorsReturn));
        Require(commRank(channel, &rank));
        Require(commSize(channel, &size));
        return (channel, rank, size, begun == 0);
    }

    public void End() => Require(finalize());

    public nint Send(nint channel, int rank, int tag, void* memory, int length)
    {
        nint request = 0;
        Require(isend(memory, length, bytes, rank, tag, channel, &request));
        return request;
    }

    public nint Receive(nint channel, int rank, int tag, void* memory, int length)
    {
        nint request = 0;
        Require(irecv(memory, length, bytes, rank, tag, channel, &request));
        return request;
    }

    public nint Sum(nint channel, float* memory, int length)
    {
        nint request = 0;
        Require(iallreduce(inPlace, memory, length, floats, sum, channel, &request));
        return request;
    }

    /// <summary>Whether a request is done, and of a receipt, how many bytes came.</summary>
    public bool IsDone(ref nint request, out int length)
    {
        var status = stackalloc int[16];
        int done, count = 0;
        fixed (nint* handle = &request) Require(test(handle, &done, status));
        if (done != 0) Require(getCount(status, bytes, &count));
        length = count;
        return done != 0;
    }

    /// <summary>Whether a message of a kind is there, from whom, and how long it is.</summary>
    public bool IsThere(nint channel, int tag, out int rank, out int length)
    {
        var status = stackalloc int[16];
        int there, count = 0;
        Require(iprobe(anySource, tag, channel, &there, status));
        if (there != 0) Require(getCount(status, bytes, &count));
        (rank, length) = (status[sourceOffset], count);
        return there != 0;
    }

    private nint Export(string name) => NativeLibrary.TryGetExport(library, name, out var address) ? address
        : throw new DllNotFoundException($"The MPI library has no {name}: it is none of MPI 3, or of an unknown kind. Install openmpi-bin "
            + "or mpich.");

    private void Require(int code)
    {
        if (code == Success) return;
        Span<byte> text = stackalloc byte[LongestText];
        var length = 0;
        fixed (byte* memory = text) _ = errorString(code, memory, &length);
        throw new DistributedException($"MPI has reported an error: {Encoding.UTF8.GetString(text[..Math.Clamp(length, 0, LongestText)])} "
            + $"(code {code}). The last checkpoint is whole: set Resume to go on from it.");
    }
}
