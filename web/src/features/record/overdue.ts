/** R19: decisions that should have been in the record by now. */
import type { RecordLine } from '../../core/contract.ts';

/** After this time a decision that nobody has filed is pinned under the banner; one that the record refused is pinned at once. */
export const overdueAfterMs = 4 * 3_600_000;

export function overdue(record: RecordLine[], now: number): RecordLine[] {
  return record.filter((line) => line.state === 'failed' || (line.state === 'none' && now - line.at >= overdueAfterMs));
}
