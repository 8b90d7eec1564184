/**
 * Writing a message. The recipient stands above the box; what is stopped stays in the box and nothing has left; what is written is kept
 * as an encrypted draft, also when Wardline locks in the middle of it (H17).
 */
import { useSignalEffect } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Finding, MessageItem } from '../../core/contract.ts';
import { hasFinePointer } from '../../platform/viewport.ts';
import { clockTime, plural } from '../../ui/dates.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { DecisionIcon, EmergencyIcon } from '../../ui/icons/states.tsx';
import { CloseIcon, SendIcon } from '../../ui/icons/tools.tsx';
import { keepHelpersOut } from '../../ui/keepHelpersOut.ts';
import { useTask } from '../../ui/useTask.ts';
import { shortPatientName } from '../patient/format.ts';
import { useClient } from '../session/client.ts';
import { format } from '../shell/routes.ts';
import type { ThreadStore } from '../thread/store.ts';
import { Recipient } from './Recipient.tsx';
import { soundsLikeArrest, withoutFinding } from './rules.ts';
import { Stopped } from './Stopped.tsx';

type Props = {
  store: ThreadStore;
  replyTo: MessageItem | undefined;
  onReplyDone: () => void;
  /** Text that came back from a failed message. */
  given: { text: string; at: number } | undefined;
};

const draftDelay = 500;
/** The most that one message holds: docs/protocol.md section 8. */
const longestText = 20_000;

export function Composer({ store, replyTo, onReplyDone, given }: Props) {
  const client = useClient();
  const { wardline } = client;
  const head = store.head.value;
  const [text, setText] = useState('');
  const [finding, setFinding] = useState<Finding>();
  const task = useTask();
  const box = useRef<HTMLTextAreaElement>(null);
  const latest = useRef({ text: '', saved: '' });
  latest.current.text = text;
  const thread = head?.id;

  useSignalEffect(() => {
    const draft = store.draft.value;
    if (!draft) return;
    latest.current.saved = draft.text;
    setText((now) => now || draft.text);
  });
  useEffect(() => {
    if (given) setText((now) => (now ? `${now}\n${given.text}` : given.text));
  }, [given]);
  useEffect(() => {
    if (replyTo) box.current?.focus();
  }, [replyTo]);

  // The draft follows the typing with a short delay, and at once when the keys are about to go or the thread is left.
  useEffect(() => {
    if (!thread) return undefined;
    const save = async () => {
      const { text: now, saved } = latest.current;
      if (now === saved) return;
      latest.current.saved = now;
      await wardline.saveDraft({ thread, text: now, ...(replyTo ? { replyTo: replyTo.id } : {}) });
    };
    const timer = setTimeout(() => void save().catch(() => undefined), draftDelay);
    const release = client.beforeLock(save);
    return () => {
      clearTimeout(timer);
      release();
    };
  }, [text, thread, replyTo]);
  useEffect(
    () => () => {
      const { text: now, saved } = latest.current;
      if (thread && now !== saved) void wardline.saveDraft({ thread, text: now }).catch(() => undefined);
    },
    [thread],
  );

  useLayoutEffect(() => keepHelpersOut(box.current), [thread]);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    element.style.height = 'auto';
    element.style.height = `${element.scrollHeight + 4}px`;
  }, [text]);

  if (!head || !thread) return null;
  const patient = head.patient ? shortPatientName(head.patient) : undefined;
  const excess = text.trim().length - longestText;

  function send(emergencyReason?: string) {
    if (!thread || text.trim() === '' || excess > 0) return;
    task.run(async () => {
      if (!emergencyReason) {
        const findings = await wardline.checkText({ thread, text });
        const first = findings.find((each) => each.stops) ?? findings[0];
        if (first) {
          setFinding(first);
          return;
        }
      }
      await wardline.send({
        thread,
        text: text.trim(),
        ...(replyTo ? { replyTo: replyTo.id } : {}),
        ...(emergencyReason ? { emergencyReason } : {}),
      });
      latest.current.saved = '';
      setText('');
      setFinding(undefined);
      onReplyDone();
      box.current?.focus();
    });
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
      {finding && (
        <Stopped
          finding={finding}
          patient={patient}
          busy={task.busy}
          onRemove={() => {
            setText(withoutFinding(text, finding));
            setFinding(undefined);
            box.current?.focus();
          }}
          onPatientThread={() => {
            client.carried.value = text;
            client.router.go({ at: 'new-patient' });
          }}
          onEmergency={(reason) => send(reason)}
          onClose={() => setFinding(undefined)}
        />
      )}
      {task.fault && (
        <div class="block">
          <FaultBox fault={task.fault} />
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
              Decision
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
              setText(event.currentTarget.value);
              setFinding(undefined);
              task.clear();
            }}
            onKeyDown={onKeyDown}
          />
          <button
            type="submit"
            class="ib ib--main"
            aria-disabled={task.busy || text.trim() === '' || excess > 0 || finding?.stops === true}
          >
            <SendIcon size="l" />
            <span class="vh">Send</span>
          </button>
        </div>
      </form>
    </>
  );
}
