package io.modelweave.core;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.ArchTests;
import com.tngtech.archunit.lang.ArchRule;
import io.modelweave.core.testing.LibraryRules;

/** What may depend on what inside the core. */
@AnalyzeClasses(packages = "io.modelweave.core", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchTests LIBRARY_RULES = ArchTests.in(LibraryRules.class);

  @ArchTest
  static final ArchRule USES_ONLY_ITSELF = noClasses().should().dependOnClassesThat(
      resideInAPackage("io.modelweave..").and(resideOutsideOfPackages("io.modelweave.core..")))
      .because("every other module builds on core, so core can know none of them");

  @ArchTest
  static final ArchRule DL4J_STAYS_IN_ITS_ADAPTER = noClasses().that().resideOutsideOfPackage("io.modelweave.core.dl4j..")
      .should().dependOnClassesThat().resideInAPackage("org.deeplearning4j..")
      .because("deeplearning4j-nn is optional: whoever has no DL4J network does not need it on the class path");

  @ArchTest
  static final ArchRule GRAPHS_STAY_IN_A_FEW_PACKAGES = noClasses().that().resideOutsideOfPackages("io.modelweave.core",
      "io.modelweave.core.transformer..", "io.modelweave.core.samediff..")
      .should().dependOnClassesThat().resideInAPackage("org.nd4j.autodiff..")
      .because("files, text and training speak of arrays; only what builds or converts a graph knows SameDiff");

  @ArchTest
  static final ArchRule SUB_PACKAGES_FORM_NO_CYCLE = slices().matching("io.modelweave.core.(*)..").should().beFreeOfCycles()
      .because("each holds one idea; the root package, which ties them together, is not a slice");
}
