/**
 * Makes the picture of a study for README and docs: the curves of one benchmark, as its report draws
 * them. It follows the reader's light or dark theme.
 *
 *     node scripts/study-picture.ts STUDY docs/images/comparison.svg ["BENCHMARK"]
 */
import { writeFile } from 'node:fs/promises'
import { studyPicture } from '#src/report/study/study-picture.ts'
import { openStudy } from '#src/runner/study/result.ts'

const [folder, out, benchmark] = process.argv.slice(2)
if (folder === undefined || out === undefined) {
  process.stderr.write('Usage: node scripts/study-picture.ts STUDY OUT.svg ["BENCHMARK"]\n')
  process.exit(2)
}
using study = openStudy(folder)
const picture = studyPicture(study, benchmark)
if (picture === null) throw new Error(`The study has no curves on ${benchmark ?? 'any benchmark'}`)
await writeFile(out, picture)
