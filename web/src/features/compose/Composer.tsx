/**
 * Writing a message. The recipient stands above the box; what is stopped stays in the box and nothing has left; what is written is kept
 * as an encrypted draft, also when Wardline locks in the middle of it (H17).
 *
 * Invariant: what the box element holds is the truth. Sending takes the words out of it at once, so that the next ones can be typed while
 * these are looked at; words that come back are put before what was typed meanwhile.
 */
import { useSignalEffect } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Finding, MessageItem } from '../../core/contract.ts';
import { isBlank } from '../../core/marks.ts';
import { hasFinePointer } from '../../platform/viewport.ts';
import { clockTime, plural } from '../../ui/dates.ts';
import { asFault, type Fault, FaultBox } from '../../ui/fault.tsx';
import { DecisionIcon, EmergencyIcon } from '../../ui/icons/states.tsx';
import { SendIcon } from '../../ui/icons/tasks.tsx';
import { CloseIcon } from '../../ui/icons/tools.tsx';
import { keepHelpersOut } from '../../ui/keepHelpersOut.ts';
import { shortPatientName } from '../patient/format.ts';
import { useClient } from '../session/client.ts';
import { format } from '../shell/routes.ts';
import type { ThreadStore } from '../thread/store.ts';
import { Asked } from './Asked.tsx';
import { type Going, Outgoing, type Reason } from './outgoing.ts';
import { Recipient } from './Recipient.tsx';
import { hasLongRun, soundsLikeArrest, stillThere, withoutFinding } from './rules.ts';
import { Stopped } from './Stopped.tsx';
import { useAsked } from './useAsked.ts';

type Props = {
  store: ThreadStore;
  replyTo: MessageItem | undefined;
  onReplyDone: () => void;
  /** A message that was an answer came back to the box. */
  onReplyBack?: (message: MessageItem) => void;
  /** Text that came back from a failed message. */
  given: { text: string; at: number } | undefined;
};

const draftDelay = 500;
/** The most that one message holds: docs/protocol.md section 8. */
const longestText = 20_000;
/** More letters than the box shows at its highest, on any screen. */
const fillsTheBox = 6000;

export function Composer({ store, replyTo, onReplyDone, onReplyBack, given }: Props) {
  const client = useClient();
  const { wardline } = client;
  const head = store.head.value;
  const thread = head?.id;
  const [text, setText] = useState('');
  const [finding, setFinding] = useState<Finding>();
  const [fault, setFault] = useState<Fault>();
  const [busy, setBusy] = useState(false);
  const box = useRef<HTMLTextAreaElement>(null);
  const latest = useRef({ text: '', saved: '', replyTo, composing: false, waiting: [] as (() => void)[] }).current;
  latest.replyTo = replyTo;

  /** Into the box and into the state in one step: a key pressed between the two would be lost. */
  function put(words: string, cursor = words.length) {
    latest.text = words;
    setText(words);
    const element = box.current;
    if (!element) return;
    element.value = words;
    element.setSelectionRange(cursor, cursor);
  }

  function back(all: [Going, ...Going[]], reason: Reason) {
    // A character that is being composed is finished first, or the keyboard loses it.
    if (latest.composing) {
      latest.waiting.push(() => back(all, reason));
      return;
    }
    const words = all.map((each) => each.text).join('\n');
    const typed = latest.text;
    const cursor = box.current?.selectionEnd ?? typed.length;
    if (typed === '') put(words);
    else put(`${words}\n${typed}`, words.length + 1 + cursor);
    if ('finding' in reason) setFinding(reason.finding);
    else setFault(asFault(reason.thrown));
    if (all[0].replyTo) onReplyBack?.(all[0].replyTo);
  }

  // The hooks of the first drawing would see its thread and its functions only.
  const hooks = useRef({ back, thread });
  hooks.current = { back, thread: thread ?? hooks.current.thread };
  const [outgoing] = useState(
    () =>
      new Outgoing({
        check: ({ text: words }) => wardline.checkText({ thread: hooks.current.thread ?? '', text: words }),
        send: async ({ text: words, replyTo: answered, emergencyReason }) => {
          await wardline.send({
            thread: hooks.current.thread ?? '',
            text: words.trim(),
            ...(answered ? { replyTo: answered.id } : {}),
            ...(emergencyReason ? { emergencyReason } : {}),
          });
          // Sending empties the draft that is kept.
          latest.saved = '';
        },
        back: (all, reason) => hooks.current.back(all, reason),
        busy: setBusy,
      }),
  );

  useSignalEffect(() => {
    const draft = store.draft.value;
    if (!draft) return;
    latest.saved = draft.text;
    if (latest.text === '') put(draft.text);
  });
  useEffect(() => {
    if (given) put(latest.text ? `${latest.text}\n${given.text}` : given.text);
  }, [given]);
  useEffect(() => {
    if (replyTo) box.current?.focus();
  }, [replyTo]);

  // What is on its way comes first: it empties the draft when it has gone, and is part of it when it comes back.
  async function save() {
    await outgoing.idle();
    const { text: now, saved, replyTo: answered } = latest;
    if (!thread || now === saved) return;
    latest.saved = now;
    await wardline.saveDraft({ thread, text: now, ...(answered ? { replyTo: answered.id } : {}) });
  }
  // The draft follows the typing with a short delay, and at once when the keys are about to go or the thread is left.
  useEffect(() => {
    if (!thread) return undefined;
    const timer = setTimeout(() => void save().catch(() => undefined), draftDelay);
    const release = client.beforeLock(save);
    return () => {
      clearTimeout(timer);
      release();
    };
  }, [text, thread, replyTo, busy]);
  useEffect(
    () => () => {
      latest.composing = false;
      for (const late of latest.waiting.splice(0)) late();
      void save().catch(() => undefined);
    },
    [thread],
  );

  useLayoutEffect(() => keepHelpersOut(box.current), [thread]);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    // Measuring is laying out once more. What fills the box for certain is not measured.
    if (text.length > fillsTheBox) {
      element.style.height = '40dvh';
      return;
    }
    element.style.height = 'auto';
    element.style.height = `${element.scrollHeight + 4}px`;
  }, [text]);

  const written = useAsked({ thread, space: head?.space, text, check: (words) => wardline.checkText(words) });

  if (!head || !thread) return null;
  const kept = finding && !finding.stops ? finding : undefined;
  const asked = finding?.stops ? undefined : (kept ?? written);
  const patient = head.patient ? shortPatientName(head.patient) : undefined;
  const excess = text.trim().length - longestText;

  function send(emergencyReason?: string) {
    const words = latest.text;
    if (isBlank(words) || words.trim().length > longestText) return;
    const answered = latest.replyTo;
    put('');
    setFinding(undefined);
    setFault(undefined);
    outgoing.push({
      text: words,
      ...(answered ? { replyTo: answered } : {}),
      ...(emergencyReason ? { emergencyReason } : {}),
    });
    latest.replyTo = undefined;
    onReplyDone();
    box.current?.focus();
  }

  /** The words go along to where a patient is linked, and become the draft there. */
  function carry() {
    client.carried.value = latest.text;
    client.router.go({ at: 'new-patient' });
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || !hasFinePointer.value) return;
    event.preventDefault();
    send();
  }

  return (
    <>
      {soundsLikeArrest(text) && (
        <p class="bar bar--2222" role="status">
          <EmergencyIcon />
          <b>Not for cardiac arrest: call 2222.</b>
        </p>
      )}
      {/* Once for each message, however often the words change. */}
      <p class="vh" role="status">
        {written && !finding && 'Is this about a patient? You can link one, above the message box.'}
      </p>
      {asked && (
        <Asked
          finding={asked}
          kept={kept !== undefined}
          busy={busy}
          onLink={carry}
          onSend={(reason) => send(reason)}
          onClose={() => {
            setFinding(undefined);
            box.current?.focus();
          }}
        />
      )}
      {finding?.stops && (
        <Stopped
          finding={finding}
          patient={patient}
          unknown={head.patient?.temporary !== undefined}
          onRemove={() => {
            put(withoutFinding(latest.text, finding), finding.start);
            setFinding(undefined);
            box.current?.focus();
          }}
          onPatientThread={carry}
        />
      )}
      {fault && (
        <div class="block">
          <FaultBox fault={fault} />
        </div>
      )}
      {excess > 0 && (
        <div class="block">
          <FaultBox
            fault={{
              code: 'too_long',
              message: `This is ${plural(excess, 'character')} too long for one message.`,
              hint: 'Nothing was cut. Shorten it, or send it in parts.',
            }}
          />
        </div>
      )}
      <form
        class="cmp"
        aria-label="Write a message"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        {replyTo && (
          <div class="replying">
            <p class="q">
              <b>
                {replyTo.own ? 'You' : replyTo.author.name}, {clockTime(replyTo.at)}
              </b>
              <span>{replyTo.text}</span>
            </p>
            <button type="button" class="ib" onClick={onReplyDone}>
              <CloseIcon />
              <span class="vh">Do not answer this message</span>
            </button>
          </div>
        )}
        <div class="cmp__l">
          <label for="composer">
            <Recipient head={head} />
          </label>
          {head.space === 'patient' && (
            <a class="pick" href={format({ at: 'decide', thread })}>
              <DecisionIcon size="s" />
              {head.deciding ? 'Decision (draft)' : 'Decision'}
            </a>
          )}
        </div>
        <div class="cmp__r">
          <textarea
            id="composer"
            ref={box}
            rows={1}
            value={text}
            placeholder={hasFinePointer.value ? 'Message. Enter sends, Shift Enter makes a line' : 'Message'}
            autocomplete="off"
            dir="auto"
            aria-invalid={finding?.stops ? true : undefined}
            onInput={(event) => {
              const words = event.currentTarget.value;
              latest.text = words;
              setText(words);
              setFinding((now) => now && stillThere(words, now));
              if (words === '') setFault(undefined);
            }}
            onCompositionStart={() => {
              latest.composing = true;
            }}
            onCompositionEnd={() => {
              latest.composing = false;
              for (const late of latest.waiting.splice(0)) late();
            }}
            class={hasLongRun(text) ? 'breaks' : undefined}
            onBeforeInput={(event) => {
              // Before the browser lays out what is pasted.
              if (hasLongRun(event.data ?? '')) event.currentTarget.classList.add('breaks');
            }}
            onKeyDown={onKeyDown}
          />
          <button
            type="submit"
            class="ib ib--main"
            aria-disabled={isBlank(text) || excess > 0 || finding?.stops === true}
          >
            <SendIcon size="l" />
            <span class="vh">Send</span>
          </button>
        </div>
      </form>
    </>
  );
}
