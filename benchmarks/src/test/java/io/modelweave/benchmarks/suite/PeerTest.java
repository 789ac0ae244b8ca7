package io.modelweave.benchmarks.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What scripts print becomes samples; a script that fails ends as one exception, not as missing rows that nobody explains. */
class PeerTest {

  private static final Peer PEER = new Peer("work.py", "PyTorch");

  @TempDir private Path folder;

  @Test
  void should_read_cases_and_times() {
    List<Sample> samples = PEER.read("case,milliseconds\nmerge method=ties type=FLOAT,12.5\nmerge method=ties type=FLOAT,12.75\n");

    assertThat(samples).containsExactly(new Sample("PyTorch", Case.parse("merge method=ties type=FLOAT"), 12.5, 0),
        new Sample("PyTorch", Case.parse("merge method=ties type=FLOAT"), 12.75, 0));
  }

  @Test
  void should_read_names_of_several_peers_and_memory() {
    assertThat(PEER.read("case,milliseconds,peer,peak MB\nmap n=256,3,pairwise,42\n"))
        .containsExactly(new Sample("pairwise", Case.parse("map n=256"), 3, 42));
  }

  @Test
  void should_refuse_what_is_no_table() {
    assertThatThrownBy(() -> PEER.read("torch 2.13, 1 thread\npair 3.0 ms\n")).isInstanceOf(IllegalStateException.class)
        .hasMessage("work.py must print CSV with the columns case and milliseconds, not \"torch 2.13, 1 thread\"");
    assertThatThrownBy(() -> PEER.read("")).hasMessageContaining("not \"\"");
    assertThatThrownBy(() -> PEER.read("case,milliseconds\nmap n=256,fast\n")).hasMessageContaining("without a case or a time");
  }

  @Test
  void should_run_a_script_and_keep_what_it_prints() throws IOException {
    Path csv = folder.resolve("raw/work.csv");
    Files.writeString(folder.resolve("work.py"), "echo case,milliseconds; echo \"map quick=$BENCHMARK_QUICK threads=$OMP_NUM_THREADS,7\"");

    assertThat(PEER.run("sh", folder, csv, true)).containsExactly(new Sample("PyTorch", Case.parse("map quick=1 threads=1"), 7, 0));
    assertThat(csv).hasContent("case,milliseconds\nmap quick=1 threads=1,7");
  }

  @Test
  void should_say_that_a_script_failed() throws IOException {
    Files.writeString(folder.resolve("work.py"), "exit 3");

    assertThatThrownBy(() -> PEER.run("sh", folder, folder.resolve("work.csv"), true)).isInstanceOf(IllegalStateException.class)
        .hasMessage("work.py ends with exit code 3");
  }
}
