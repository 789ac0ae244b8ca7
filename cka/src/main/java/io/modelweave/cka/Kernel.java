package io.modelweave.cka;

/** A similarity of two samples, as the Gram matrix of all samples of a layer. */
interface Kernel {

  /** Returns the Gram matrix of the features, centred, in a form that is not {@code CHEAPER}. The caller closes it. */
  CenteredGram gram(CenteredFeatures features, GramForm form);

  /** Returns the form in which comparing every layer of {@code widthsA} with every one of {@code widthsB} costs least. */
  GramForm cheapest(int n, int[] widthsA, int[] widthsB);
}
