package io.modelweave.core.testing;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;

import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** What holds in every library module. */
public final class LibraryRules {

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

  private LibraryRules() {}
}
