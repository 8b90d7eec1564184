/**
 * Marking a decision: the words of messages as they stand, or own words with messages as their background, or a form whose parts are
 * filled from both.
 */
import { useState } from 'preact/hooks';
import type {
  DecisionDraft,
  DecisionId,
  DecisionItem,
  FormKind,
  MessageId,
  Patient,
  Statement,
  ThreadHead,
} from '../../core/contract.ts';
import { formKinds, forms } from '../../core/forms.ts';
import { plural } from '../../ui/dates.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { Check, focusFirstError } from '../../ui/fields.tsx';
import { AreaField, SelectField } from '../../ui/sheetFields.tsx';
import { DecisionIcon } from '../../ui/icons/states.tsx';
import { Sheet } from '../../ui/Sheet.tsx';
import { useTask } from '../../ui/useTask.ts';
import { listed } from '../../ui/words.ts';
import { differingParts, endingWords, identityWords, namesakeKey } from '../patient/format.ts';
import { IdentityBar } from '../patient/IdentityBar.tsx';
import { PatientCheck } from '../patient/PatientCheck.tsx';
import { isWrongPatient, offFor, SheetPatient } from '../patient/SheetPatient.tsx';
import { useStanding } from '../patient/useStanding.ts';
import { useClient } from '../session/client.ts';
import { choose, chosenIn, corrected, inForm, isEmpty, leaveOut, missingIn, nothing } from './decisionDraft.ts';
import { SourceWords } from './FileSheet.tsx';
import { FormParts } from './FormParts.tsx';
import { useDecisionDraft } from './useDecisionDraft.ts';

type Props = {
  head: ThreadHead;
  /** The message that was pointed at, if one was. */
  message: MessageId | undefined;
  /** What is loaded of the thread and not yet part of a decision, oldest first. */
  messages: Statement[];
  /** The decision that this one puts right, with the words to begin from. */
  corrects?: { decision: DecisionId; item: Pick<DecisionItem, 'statements' | 'form'> | undefined };
  /** What was said before the messages that are loaded. */
  older?: Older;
};

type Older = { has: boolean; loading: boolean; load: () => void };

const offered = 12;

export function DecideSheet(props: Props) {
  const { head, message, corrects } = props;
  const begin = corrects?.item ? corrected(corrects.item) : nothing;
  const { draft, put, hold } = useDecisionDraft(head.id, corrects?.decision, begin, message);
  // What was begun earlier is there before anything can be typed over it.
  return draft ? <Decide {...props} draft={draft} onChange={put} onMarking={hold} /> : null;
}

type DecideProps = Props & {
  draft: DecisionDraft;
  onChange: (draft: DecisionDraft) => void;
  onMarking: (on: boolean) => void;
};

function Decide({ head, message, messages, corrects, older, draft, onChange, onMarking }: DecideProps) {
  const client = useClient();
  const task = useTask();
  const [tried, setTried] = useState(false);
  const [compared, setCompared] = useState(false);
  const [all, setAll] = useState(false);
  const close = () => client.router.close();
  useStanding(head.id);
  const { patient } = head;
  // Somebody with much the same name is in another thread of mine: then the button alone is too quick (R12).
  const alike = head.confirmed ? [] : (head.link?.namesakes ?? []).filter(({ source }) => source === 'own-thread');
  const unsure = alike.length > 0 && !compared;
  const { text, form } = draft;
  const empty = isEmpty(draft);
  const missing = missingIn(draft);
  const chosen = chosenIn(draft);
  const shown = messages
    .filter(({ id }, at) => all || at >= messages.length - offered || id === message || chosen.includes(id))
    .reverse();
  const earlier = <Earlier hidden={messages.length - shown.length} older={older} onAll={() => setAll(true)} />;

  function mark() {
    if (isWrongPatient(head)) return;
    setTried(true);
    focusFirstError();
    if (empty || unsure || missing.length > 0) return;
    task.run(async () => {
      onMarking(true);
      // The button names the patient: pressing it says that this is who is meant.
      await client.wardline
        .markDecision({
          ...draft,
          text: text.trim(),
          thread: head.id,
          patientConfirmed: true,
          ...(corrects ? { corrects: corrects.decision } : {}),
        })
        .catch((thrown: unknown) => {
          onMarking(false);
          throw thrown;
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
        <>
          <SheetPatient head={head} />
          <IdentityBar head={head} told />
        </>
      }
      foot={
        <div class="row">
          <button type="button" class="btn" onClick={close}>
            Not now
          </button>
          <button type="button" class="btn btn--main" {...offFor(head, task.busy || empty || unsure)} onClick={mark}>
            <DecisionIcon />
            {decideWords(patient, corrects !== undefined)}
          </button>
        </div>
      }
    >
      <p class="lead">
        A decision stays marked “not in the record yet” until it has been filed and the record has answered.
      </p>
      <SelectField
        label="Form (optional)"
        hint={form ? 'Each part is quoted from messages, written by you and labelled so, or both.' : undefined}
        value={form?.kind ?? noForm}
        options={formChoices}
        onChange={(kind) => onChange(inForm(draft, kind === noForm ? undefined : kind))}
      />
      {form ? (
        <FormParts
          draft={{ ...draft, form }}
          messages={shown}
          earlier={earlier}
          missing={tried ? missing : []}
          onChange={onChange}
        />
      ) : (
        <AreaField
          label="The decision in your own words"
          hint={
            shown.length > 0
              ? 'Or leave it empty and tick the messages that say it.'
              : 'What was decided, and what happens next.'
          }
          value={text}
          onInput={(words) => onChange({ ...draft, text: words })}
          rows={3}
          error={tried && empty ? 'Write the decision, or tick a message' : undefined}
        />
      )}
      {!form && shown.length > 0 && (
        <section aria-labelledby="decide-from">
          <h2 id="decide-from">{text.trim() ? 'What it rests on' : 'Messages that are the decision'}</h2>
          <ul class="list">
            {shown.map((each) => (
              <li key={each.id}>
                <Check
                  small
                  checked={chosen.includes(each.id)}
                  onChange={(on) => onChange(on ? choose(draft, each.id) : leaveOut(draft, each.id))}
                >
                  <SourceWords statement={each} />
                </Check>
              </li>
            ))}
          </ul>
          {earlier}
        </section>
      )}
      {patient && alike.length > 0 && (
        <section aria-labelledby="decide-patient">
          <h2 id="decide-patient">Which patient?</h2>
          {alike.map((each) => (
            <p class="small" key={namesakeKey(each)}>
              You are also in a conversation about <b>{each.name}</b>,{' '}
              {endingWords(each, head.link?.identifiedBy ?? 'nhs-number')}. Different: {listed(differingParts(each))}.
            </p>
          ))}
          <PatientCheck patient={patient} checked={compared} onChange={setCompared} missing={tried && unsure} />
        </section>
      )}
      <FaultBox fault={task.fault} />
    </Sheet>
  );
}

type EarlierProps = { hidden: number; older: Older | undefined; onAll: () => void };

/** First what is loaded; then what came before it, a part at a time. */
function Earlier({ hidden, older, onAll }: EarlierProps) {
  if (hidden > 0) {
    return (
      <button type="button" class="btn btn--s btn--quiet" onClick={onAll}>
        Show {plural(hidden, 'more message')}
      </button>
    );
  }
  if (!older?.has) return null;
  const { loading, load } = older;
  return (
    <button
      type="button"
      class="btn btn--s btn--quiet"
      aria-disabled={loading}
      onClick={() => {
        onAll();
        load();
      }}
    >
      {loading ? 'Fetching what was said before…' : 'Show what was said before'}
    </button>
  );
}

const noForm = 'none';
const formChoices: { value: FormKind | typeof noForm; label: string }[] = [
  { value: noForm, label: 'No form' },
  ...formKinds.map((kind) => ({ value: kind, label: forms[kind].title })),
];

function decideWords(patient: Patient | undefined, correction: boolean): string {
  const what = correction ? 'Correct it' : 'Decide';
  return patient ? `${what} for ${identityWords(patient)}` : correction ? 'Mark the correction' : 'Mark decision';
}
