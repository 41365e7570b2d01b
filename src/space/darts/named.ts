/**
 * The cells that DARTS found on CIFAR-10. State 0 is the output of two cells before, state 1 that
 * of the previous cell.
 *
 * @see `genotypes.py` in the code of Liu, Simonyan and Yang 2019.
 */
export const dartsNamed: Readonly<Record<string, string>> = {
  /** First order. */
  DARTS_V1:
    'normal: sep3(0)+sep3(1) skip(0)+sep3(1) skip(0)+sep3(1) sep3(0)+skip(2); reduction: max3(0)+max3(1) max3(0)+skip(2) max3(0)+skip(2) avg3(0)+skip(2)',
  /** Second order. */
  DARTS_V2:
    'normal: sep3(0)+sep3(1) sep3(0)+sep3(1) skip(0)+sep3(1) skip(0)+dil3(2); reduction: max3(0)+max3(1) max3(1)+skip(2) max3(0)+skip(2) max3(1)+skip(2)',
}
