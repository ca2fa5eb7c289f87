using Bdia.Core.Mpi;
using Bdia.MLNet;
