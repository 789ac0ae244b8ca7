package io.modelweave.examples;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** What may depend on what inside the program. */
@AnalyzeClasses(packages = "io.modelweave.examples", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule ONLY_COMMANDS_KNOW_THE_COMMAND_LINE = noClasses().that().resideInAnyPackage("io.modelweave.examples.report..",
      "io.modelweave.examples.corpora..").should().dependOnClassesThat().resideInAnyPackage("picocli..", "me.tongfei.progressbar..")
      .because("figures and corpora are of use without a terminal");

  @ArchTest
  static final ArchRule ONLY_THE_ROOT_PACKAGE_PRINTS = noClasses().that().resideOutsideOfPackage("io.modelweave.examples")
      .should(ACCESS_STANDARD_STREAMS)
      .because("a command prints through picocli, so that tests can read what it says");

  @ArchTest
  static final ArchRule SUB_PACKAGES_FORM_NO_CYCLE = slices().matching("io.modelweave.examples.(*)..").should().beFreeOfCycles()
      .because("each holds one idea; the root package, which ties them together, is not a slice");

  @ArchTest
  static final ArchRule NOTHING_IS_OPEN_TO_SUBCLASSING = classes().that().arePublic().and().areTopLevelClasses().and().areNotInterfaces()
      .and().areNotEnums().should().haveModifier(JavaModifier.FINAL)
      .because("what users may extend are interfaces; a public class that is not final could never change again");

  @ArchTest
  static final ArchRule NAMES_SAY_WHAT_A_CLASS_IS = noClasses().should().haveNameMatching(".*(Utils?|Manager|Impl|Helper)")
      .because("a class that only such a name fits has no single purpose");
}
