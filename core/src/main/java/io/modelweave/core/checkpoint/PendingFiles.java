package io.modelweave.core.checkpoint;

import io.modelweave.core.AtomicFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Files of one folder that are written under hidden names and then appear together, the last one added last, or not at all. */
final class PendingFiles {

  private record Pending(Path target, Path beside, FileChannel channel) {}

  private final List<Pending> files = new ArrayList<>();
  private final List<Path> createdFolders = new ArrayList<>();

  /** Creates a folder and those above it; {@link #discard} removes what was created. */
  void createFolder(Path folder) throws IOException {
    Deque<Path> missing = new ArrayDeque<>();
    for (Path path = folder.toAbsolutePath(); path != null && !Files.exists(path); path = path.getParent()) {
      missing.push(path);
    }
    for (Path path : missing) {
      Files.createDirectory(path);
      createdFolders.add(0, path);
    }
  }

  /** Returns the empty file that will be {@code target}. */
  FileChannel add(Path target) throws IOException {
    Path beside = AtomicFile.beside(target);
    FileChannel channel = FileChannel.open(beside, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    files.add(new Pending(target, beside, channel));
    return channel;
  }

  /**
   * Forces all files to the disk and moves them to their places.
   *
   * @param overwrite whether files that are there may be replaced
   * @param obsolete files that must be gone afterwards, because with them the folder would hold two models
   * @throws IOException if that fails; then the folder is as it was
   */
  void commit(boolean overwrite, List<Path> obsolete) throws IOException {
    for (Pending file : files) {
      file.channel().force(true);
      file.channel().close();
    }
    if (files.size() == 1) {
      AtomicFile.move(files.get(0).beside(), files.get(0).target(), overwrite);
      deleteAll(obsolete);
    } else {
      replace(overwrite, obsolete);
    }
    files.clear();
    createdFolders.clear();
  }

  /** Sets the old files aside first: a reader finds the old model, none, or the new one, but never a mixture. */
  private void replace(boolean overwrite, List<Path> obsolete) throws IOException {
    Map<Path, Path> aside = new LinkedHashMap<>(); // from hidden name to place
    List<Path> moved = new ArrayList<>();
    try {
      for (Path old : obsolete) {
        Path beside = AtomicFile.beside(old);
        AtomicFile.move(old, beside, false);
        aside.put(beside, old);
      }
      for (Pending file : files) {
        AtomicFile.move(file.beside(), file.target(), overwrite);
        moved.add(file.target());
      }
    } catch (IOException e) {
      restore(moved, aside, e);
      throw e;
    }
    deleteAll(aside.keySet());
  }

  private static void restore(List<Path> moved, Map<Path, Path> aside, IOException reason) {
    try {
      deleteAll(moved);
      for (Map.Entry<Path, Path> old : aside.entrySet()) {
        AtomicFile.move(old.getKey(), old.getValue(), false);
      }
    } catch (IOException e) {
      reason.addSuppressed(e);
    }
  }

  /** Deletes everything that was written and every folder that was created, as far as they are empty. */
  void discard() throws IOException {
    for (Pending file : files) {
      file.channel().close();
      Files.deleteIfExists(file.beside());
    }
    files.clear();
    for (Path folder : createdFolders) {
      try {
        Files.deleteIfExists(folder);
      } catch (DirectoryNotEmptyException e) {
        break; // somebody else uses it by now
      }
    }
    createdFolders.clear();
  }

  private static void deleteAll(Iterable<Path> paths) throws IOException {
    for (Path path : paths) {
      Files.deleteIfExists(path);
    }
  }
}
