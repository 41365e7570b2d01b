/**
 * Published cells. State 0 is the previous cell's output, state 1 that of the one before it.
 *
 * @see `nasnet_utils.py` and `pnasnet.py` in the code of Zoph et al. 2018 and Liu et al. 2018.
 */
const pnasnetCell =
  'sep5(1)+max3(1) sep7(0)+max3(0) sep5(0)+sep3(0) sep3(4)+max3(0) sep3(1)+skip(0) also(4)'

/** By name; each in the text form of the space `nasnet`. */
export const nasnetNamed: Readonly<Record<string, string>> = {
  /** Zoph et al. 2018, figure 4. */
  'NASNet-A':
    'normal: sep5(0)+sep3(1) sep5(1)+sep3(1) avg3(0)+skip(1) avg3(1)+avg3(1) sep3(0)+skip(0) also(1); reduction: sep5(0)+sep7(1) max3(0)+sep7(1) avg3(0)+sep5(1) skip(3)+avg3(2) sep3(2)+max3(0) also(3)',
  /** Liu et al. 2018, "Progressive Neural Architecture Search", figure 1: one cell for both kinds. */
  'PNASNet-5': `normal: ${pnasnetCell}; reduction: ${pnasnetCell}`,
}
