package io.modelweave.moe;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.ArchTests;
import com.tngtech.archunit.lang.ArchRule;
import io.modelweave.core.testing.LibraryRules;

/** What the routing module may depend on. */
@AnalyzeClasses(packages = "io.modelweave.moe", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchTests LIBRARY_RULES = ArchTests.in(LibraryRules.class);

  @ArchTest
  static final ArchRule USES_ONLY_CORE = noClasses().should().dependOnClassesThat(
      resideInAPackage("io.modelweave..").and(resideOutsideOfPackages("io.modelweave.moe..", "io.modelweave.core..")))
      .because("merge, cka and moe are each useful alone; what two of them need belongs in core");

  @ArchTest
  static final ArchRule DL4J_STAYS_IN_ITS_ADAPTER = noClasses().that().resideOutsideOfPackage("io.modelweave.moe.dl4j..")
      .should().dependOnClassesThat().resideInAPackage("org.deeplearning4j..")
      .because("deeplearning4j-nn is optional: whoever has no DL4J network does not need it on the class path");
}
