/** R47, R39: what everybody is told before the first thing they send. */
import { FaultBox } from '../../ui/fault.tsx';
import { useTask } from '../../ui/useTask.ts';
import { useClient } from '../session/client.ts';

/** The one sentence of R47, at enrolment, here and in the details of every thread. */
export const disclosureSentence =
  'What is written here may be disclosed under the Freedom of Information Act and data protection law.';

export const noticePoints = [
  disclosureSentence,
  'Wardline is not the health record. File every clinical decision to the record; the messages are then deleted.',
  'Who writes to whom and when is recorded. What you write is opened only for a case, by at least two officers together.',
  'Outside patient threads, this device stops NHS numbers, hospital numbers and full names with a date of birth. It cannot see names alone, photos, files or voice.',
  'Not for cardiac arrest: call 2222.',
];

export function NoticePoints() {
  return (
    <ul class="points">
      {noticePoints.map((point) => (
        <li key={point}>{point}</li>
      ))}
    </ul>
  );
}

export function Notice() {
  const client = useClient();
  const task = useTask();
  return (
    <section class="notice stack" aria-labelledby="notice-title">
      <h2 id="notice-title">Before your first message</h2>
      <NoticePoints />
      <FaultBox fault={task.fault} />
      <button
        type="button"
        class="btn btn--main btn--wide"
        aria-disabled={task.busy}
        onClick={() =>
          task.run(async () => {
            await client.wardline.acceptNotice();
            await client.load();
          })
        }
      >
        I have read this
      </button>
    </section>
  );
}
