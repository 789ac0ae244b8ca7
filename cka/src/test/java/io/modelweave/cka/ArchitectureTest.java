package io.modelweave.cka;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;

import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** What the similarity module may depend on. */
@AnalyzeClasses(packages = "io.modelweave.cka", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule USES_ONLY_CORE = noClasses().should().dependOnClassesThat(
      resideInAPackage("io.modelweave..").and(resideOutsideOfPackages("io.modelweave.cka..", "io.modelweave.core..")))
      .because("merge, cka and moe are each useful alone; what two of them need belongs in core");

  @ArchTest
  static final ArchRule KNOWS_NO_DL4J = noClasses().should().dependOnClassesThat().resideInAPackage("org.deeplearning4j..")
      .because("similarity is measured between arrays, wherever they come from");

  @ArchTest
  static final ArchRule KNOWS_NO_GRAPHS = noClasses().should().dependOnClassesThat().resideInAPackage("org.nd4j.autodiff..")
      .because("similarity is measured between arrays, wherever they come from");

  @ArchTest
  static final ArchRule A_LIBRARY_DOES_NOT_PRINT = NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS
      .because("standard output belongs to the program; a library returns values and throws exceptions");

  @ArchTest
  static final ArchRule NOTHING_IS_OPEN_TO_SUBCLASSING = classes().that().arePublic().and().areTopLevelClasses().and().areNotInterfaces()
      .and().areNotEnums().should().haveModifier(JavaModifier.FINAL)
      .because("what users may extend are interfaces; a public class that is not final could never change again");

  @ArchTest
  static final ArchRule NAMES_SAY_WHAT_A_CLASS_IS = noClasses().should().haveNameMatching(".*(Utils?|Manager|Impl|Helper)")
      .because("a class that only such a name fits has no single purpose");
}
