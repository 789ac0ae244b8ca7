package io.modelweave.core.checkpoint;

import io.modelweave.core.Checkpoint;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Opens checkpoints; {@link Checkpoint#open} calls it. */
public final class CheckpointReader {

  private static final List<String> PICKLES = List.of(".bin", ".bin.index.json", ".pt", ".pth", ".ckpt", ".pkl");

  private CheckpointReader() {}

  /**
   * Opens a file or a directory as {@link Checkpoint#open} describes.
   *
   * @throws CheckpointFormatException if a file is damaged, is a PyTorch pickle, or is not safetensors
   * @throws UncheckedIOException if there is no such file, or it cannot be read
   */
  public static Checkpoint open(Path path) {
    if (Files.isDirectory(path)) {
      return openDirectory(path);
    }
    if (!Files.exists(path)) {
      throw new UncheckedIOException(new NoSuchFileException(path.toString(), null, "no such checkpoint"));
    }
    if (path.toString().endsWith(".safetensors.index.json")) {
      return ShardedCheckpoint.open(path);
    }
    refusePickle(path);
    return SafetensorsFile.open(path);
  }

  private static Checkpoint openDirectory(Path directory) {
    if (Files.exists(directory.resolve(Shards.FILE))) {
      return SafetensorsFile.open(directory.resolve(Shards.FILE));
    }
    if (Files.exists(directory.resolve(Shards.INDEX))) {
      return ShardedCheckpoint.open(directory.resolve(Shards.INDEX));
    }
    try (Stream<Path> files = Files.list(directory)) {
      files.sorted().filter(file -> PICKLES.stream().anyMatch(file.toString()::endsWith)).findFirst().ifPresent(file -> {
        throw pickle(file);
      });
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + directory, e);
    }
    throw new UncheckedIOException(new NoSuchFileException(directory.toString(), null,
        "neither %s nor %s in this directory; name the file itself if it is called otherwise".formatted(Shards.FILE, Shards.INDEX)));
  }

  private static void refusePickle(Path path) {
    if (PICKLES.stream().anyMatch(path.toString()::endsWith)) {
      throw pickle(path);
    }
    try (InputStream in = Files.newInputStream(path)) {
      byte[] start = in.readNBytes(8);
      boolean zip = start.length == 8 && start[0] == 'P' && start[1] == 'K' && start[2] == 3 && start[3] == 4;
      boolean pickle = start.length == 8 && (start[0] & 0xff) == 0x80 && start[1] >= 2 && start[1] <= 5 && start[7] != 0;
      if (zip || pickle) {
        throw pickle(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + path, e);
    }
  }

  private static CheckpointFormatException pickle(Path path) {
    return new CheckpointFormatException(path, 0, "this is a PyTorch pickle, and reading one runs code; convert it in Python first:"
        + " safetensors.torch.save_file({k: v.contiguous().clone() for k, v in torch.load(path, weights_only=True).items()},"
        + " \"model.safetensors\"),"
        + " or, for a whole model of transformers, AutoModelForCausalLM.from_pretrained(directory).save_pretrained(other_directory)");
  }
}
