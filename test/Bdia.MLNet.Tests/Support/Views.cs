using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Tests.Support;

/// <summary>Views with a column "Picture" whose type is known only at run time.</summary>
internal static class Views
{
    private sealed class VectorRow
    {
        public VBuffer<float> Picture;
    }

    public static IDataView OfVectors(MLContext context, int[] dimensions, params VBuffer<float>[] rows)
    {
        var definition = SchemaDefinition.Create(typeof(VectorRow));
        definition["Picture"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, dimensions);
        return context.Data.LoadFromEnumerable(rows.Select(row => new VectorRow { Picture = row }), definition);
    }

    /// <summary>Images, loaded from files by ML.NET, whose size the column's type does not tell. Null stands for no image.</summary>
    public static IDataView OfImages(MLContext context, string folder, params byte[]?[] files)
    {
        var names = files.Select((file, i) => file is null ? "" : $"{i}.png").ToArray();
        for (var i = 0; i < files.Length; i++)
        {
            if (files[i] is { } file)
                File.WriteAllBytes(Path.Combine(folder, names[i]), file);
        }
        var paths = context.Data.LoadFromEnumerable(names.Select(name => new { Path = name }));
        return context.Transforms.LoadImages("Picture", folder, "Path").Fit(paths).Transform(paths);
    }
}
