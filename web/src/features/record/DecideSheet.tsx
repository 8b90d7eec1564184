/** Marking a decision: the words of messages as they stand, or own words with messages as their background. */
import { useState } from 'preact/hooks';
import type { DecisionId, MessageId, MessageItem, Patient, Statement, ThreadHead } from '../../core/contract.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { AreaField, Check, focusFirstError } from '../../ui/fields.tsx';
import { DecisionIcon } from '../../ui/icons/states.tsx';
import { Sheet } from '../../ui/Sheet.tsx';
import { useTask } from '../../ui/useTask.ts';
import { listed } from '../../ui/words.ts';
import { Banner } from '../patient/Banner.tsx';
import { differingParts, identityWords } from '../patient/format.ts';
import { IdentityBar } from '../patient/IdentityBar.tsx';
import { PatientCheck } from '../patient/PatientCheck.tsx';
import { useStanding } from '../patient/useStanding.ts';
import { useClient } from '../session/client.ts';
import { SourceWords } from './FileSheet.tsx';

type Props = {
  head: ThreadHead;
  /** The message that was pointed at, if one was. */
  message: MessageId | undefined;
  /** What is loaded of the thread and not yet part of a decision, oldest first. */
  messages: MessageItem[];
  /** The decision that this one puts right, and its words to begin from. */
  corrects?: { decision: DecisionId; words: string };
};

const offered = 12;

export function DecideSheet({ head, message, messages, corrects }: Props) {
  const client = useClient();
  const task = useTask();
  const [ticked, setTicked] = useState<ReadonlySet<MessageId>>(new Set(message ? [message] : []));
  const [text, setText] = useState(corrects?.words ?? '');
  const [tried, setTried] = useState(false);
  const [compared, setCompared] = useState(false);
  const close = () => client.router.close();
  useStanding(head.id);
  const { patient } = head;
  // Somebody with much the same name is in another thread of mine: then the button alone is too quick (R12).
  const alike = head.confirmed ? [] : (head.link?.namesakes ?? []).filter(({ source }) => source === 'own-thread');
  const unsure = alike.length > 0 && !compared;
  const empty = ticked.size === 0 && text.trim() === '';
  const shown = messages.filter((each, at) => at >= messages.length - offered || each.id === message);

  function mark() {
    setTried(true);
    focusFirstError();
    if (empty || unsure) return;
    task.run(async () => {
      // The button names the patient: pressing it says that this is who is meant.
      await client.wardline.markDecision({
        thread: head.id,
        messages: [...ticked],
        text: text.trim(),
        patientConfirmed: true,
        ...(corrects ? { corrects: corrects.decision } : {}),
      });
      client.announce(
        corrects
          ? 'Marked as a correction. The earlier one stands until this one is in the record.'
          : 'Marked as a decision. It is not in the record yet.',
      );
      close();
    });
  }

  return (
    <Sheet
      title={corrects ? 'Correct a decision' : 'Mark a decision'}
      onClose={close}
      under={
        head.patient && (
          <>
            <Banner patient={head.patient} now={client.now.value} />
            <IdentityBar head={head} told />
          </>
        )
      }
      foot={
        <div class="row">
          <button type="button" class="btn" onClick={close}>
            Not now
          </button>
          <button type="button" class="btn btn--main" aria-disabled={task.busy || empty || unsure} onClick={mark}>
            <DecisionIcon />
            {decideWords(patient, corrects !== undefined)}
          </button>
        </div>
      }
    >
      <p class="lead">
        A decision stays marked “not in the record yet” until it has been filed and the record has answered.
      </p>
      <AreaField
        label="The decision in your own words"
        hint={
          shown.length > 0
            ? 'Or leave it empty and tick the messages that say it.'
            : 'What was decided, and what happens next.'
        }
        value={text}
        onInput={setText}
        rows={3}
        error={tried && empty ? 'Write the decision, or tick a message' : undefined}
      />
      {shown.length > 0 && (
        <section aria-labelledby="decide-from">
          <h2 id="decide-from">{text.trim() ? 'What it rests on' : 'Messages that are the decision'}</h2>
          <ul class="list">
            {[...shown].reverse().map((each) => (
              <li key={each.id}>
                <Check
                  small
                  checked={ticked.has(each.id)}
                  onChange={(on) => {
                    const next = new Set(ticked);
                    if (on) next.add(each.id);
                    else next.delete(each.id);
                    setTicked(next);
                  }}
                >
                  <SourceWords statement={asStatement(each)} />
                </Check>
              </li>
            ))}
          </ul>
        </section>
      )}
      {patient && alike.length > 0 && (
        <section aria-labelledby="decide-patient">
          <h2 id="decide-patient">Which patient?</h2>
          {alike.map((each) => (
            <p class="small" key={each.lastFour}>
              You are also in a conversation about <b>{each.name}</b>, number ending {each.lastFour}. Different:{' '}
              {listed(differingParts(each))}.
            </p>
          ))}
          <PatientCheck patient={patient} checked={compared} onChange={setCompared} missing={tried && unsure} />
        </section>
      )}
      <FaultBox fault={task.fault} />
    </Sheet>
  );
}

const asStatement = ({ id, author, own, at, text }: MessageItem): Statement => ({ id, author, own, at, text });

function decideWords(patient: Patient | undefined, correction: boolean): string {
  const what = correction ? 'Correct it' : 'Decide';
  return patient ? `${what} for ${identityWords(patient)}` : correction ? 'Mark the correction' : 'Mark decision';
}
