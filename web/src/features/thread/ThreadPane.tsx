/** A thread: its head, the banner that never scrolls away, the messages, and the composer or the reason why there is none. */
import { useSignalEffect } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { type MessageItem, notMember, type ThreadHead, type ThreadSummary } from '../../core/contract.ts';
import { hasFinePointer, isVeryWide, isWide } from '../../platform/viewport.ts';
import { plural } from '../../ui/dates.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { BackIcon, InfoIcon } from '../../ui/icons/tools.tsx';
import { dialogs } from '../../ui/useModal.ts';
import { listed } from '../../ui/words.ts';
import { Composer } from '../compose/Composer.tsx';
import { Notice } from '../compose/Notice.tsx';
import { headingOf, spaceWords } from '../inbox/words.ts';
import { Banner } from '../patient/Banner.tsx';
import { IdentityBar } from '../patient/IdentityBar.tsx';
import { Quarantined } from '../patient/Quarantined.tsx';
import { dutyWords, lowerFirst } from '../people/words.ts';
import { AgainBar } from '../record/AgainBar.tsx';
import { OverdueBar } from '../record/OverdueBar.tsx';
import { useClient } from '../session/client.ts';
import { ConnectionBar } from '../shell/ConnectionBar.tsx';
import { format } from '../shell/routes.ts';
import type { ThreadStore } from './store.ts';
import { BeforeWriting, Stopped } from './Stopped.tsx';
import { Timeline } from './Timeline.tsx';
import '../../styles/thread-part.css';

type Props = { store: ThreadStore; summary: ThreadSummary | undefined; onDetails?: (() => void) | undefined };

export function ThreadPane({ store, summary, onDetails }: Props) {
  const client = useClient();
  const [replyTo, setReplyTo] = useState<MessageItem>();
  const [given, setGiven] = useState<{ text: string; at: number }>();
  const heading = useRef<HTMLHeadingElement>(null);
  const head = store.head.value;
  // Once the thread is open it says itself whose it is: to somebody who is no longer a member, nobody's (R13).
  const patient = head ? head.patient : summary?.patient;
  const left = head?.readOnly?.code === notMember;
  const state = client.session.value;
  const policy = client.policies.value?.find(({ needed }) => needed);
  const mustRead = state?.at === 'ready' && !state.noticeAccepted;

  useMarkSeen(store);
  useSignalEffect(() => {
    const answered = store.draft.value?.replyTo;
    if (!answered) return;
    const found = store.rows
      .peek()
      .find((row) => row.type === 'item' && row.item.kind === 'message' && row.item.id === answered);
    if (found?.type === 'item' && found.item.kind === 'message') setReplyTo(found.item);
  });
  useEffect(() => {
    if (!head) return;
    const composer = document.getElementById('composer');
    if (isWide.value && hasFinePointer.value && composer) composer.focus();
    else heading.current?.focus();
  }, [head?.id]);
  useEffect(() => {
    if (!left) return;
    client.announce(head.readOnly?.message ?? '');
    heading.current?.focus();
  }, [left]);

  return (
    <>
      <header class={isWide.value ? 'top' : 'top top--back'}>
        {!isWide.value && (
          <button type="button" class="ib" onClick={() => client.router.close()}>
            <BackIcon size="l" />
            <span class="vh">Back to inbox</span>
          </button>
        )}
        <div class="top__t">
          <h1 ref={heading} tabIndex={-1}>
            {head ? headTitle(head) : summary ? headingOf(summary) : 'Thread'}
          </h1>
          {head && (
            <p class="one">
              {left ? `${spaceWords[head.space]} · you are no longer in it` : headFacts(head, isWide.value)}
            </p>
          )}
        </div>
        {onDetails && head && !left && (
          <button type="button" class="ib" onClick={onDetails}>
            <InfoIcon size="l" />
            <span class="vh">Details and members</span>
          </button>
        )}
      </header>
      {head?.quarantine && <Quarantined head={head} quarantine={head.quarantine} now={client.now.value} />}
      {patient && <Banner patient={patient} now={client.now.value} look={isWide.value ? 'wide' : undefined} />}
      {head && <IdentityBar head={head} />}
      {head && <OverdueBar head={head} now={client.now.value} />}
      {head?.continues && <AgainBar head={head} />}
      {!isWide.value && <ConnectionBar />}
      {store.fault.value && (
        <div class="block">
          <FaultBox fault={store.fault.value} />
        </div>
      )}
      {head ? (
        <Timeline
          store={store}
          onReply={setReplyTo}
          onTakenBack={(text) => setGiven({ text, at: client.clock.now() })}
        />
      ) : (
        <div class="pane__s">
          {!store.fault.value && (
            <p class="empty" role="status">
              Opening the thread…
            </p>
          )}
        </div>
      )}
      {head && !head.readOnly && <BeforeWriting head={head} />}
      {head &&
        (head.stopped ? (
          <Stopped head={head} stopped={head.stopped} />
        ) : head.readOnly ? (
          <p class="closed">
            <b>{head.readOnly.message}</b> {head.readOnly.hint}
          </p>
        ) : policy ? (
          <p class="closed">
            <b>There is a policy to read and accept.</b> You can read on here; writing waits for it.{' '}
            <a href={format({ at: 'policy', policy: policy.policy, version: policy.version })}>Read and accept</a>
          </p>
        ) : mustRead ? (
          <Notice />
        ) : (
          <Composer
            store={store}
            replyTo={replyTo}
            onReplyDone={() => setReplyTo(undefined)}
            onReplyBack={(message) => setReplyTo((now) => now ?? message)}
            given={given}
          />
        ))}
    </>
  );
}

/** What has been on the screen while somebody could look counts as seen; a hidden page does not, nor what lies under a sheet. */
function useMarkSeen(store: ThreadStore) {
  const client = useClient();
  const told = useRef(0);
  const thread = store.head.value?.id;
  const rows = store.rows.value;
  const route = client.router.route.value;
  // A sheet that is still being fetched covers it in a moment.
  const inFront = route.at === 'thread' || (route.at === 'details' && isVeryWide.value);
  const covered = dialogs.value > 0 || !inFront;
  useEffect(() => {
    const tell = () => {
      const upTo = store.lastOrder;
      if (!thread || covered || document.visibilityState !== 'visible' || upTo <= told.current) return;
      told.current = upTo;
      void client.wardline.markSeen({ thread, upTo }).catch(() => undefined);
    };
    tell();
    document.addEventListener('visibilitychange', tell);
    return () => document.removeEventListener('visibilitychange', tell);
  }, [thread, rows, covered]);
}

function headTitle(head: ThreadHead): string {
  if (head.space === 'direct') return peerOf(head)?.name ?? 'Nobody else';
  return head.name ?? (head.space === 'patient' ? 'Patient thread' : spaceWords[head.space]);
}

function headFacts(head: ThreadHead, withNames: boolean): string {
  const peer = head.space === 'direct' ? peerOf(head) : undefined;
  if (peer) {
    const duty = dutyWords(peer);
    return ['Direct', peer.role, peer.ward, duty && lowerFirst(duty)].filter(Boolean).join(' · ');
  }
  const people =
    withNames && head.members.length <= 8
      ? listed([...head.members.filter((member) => !member.me).map((member) => member.person.name), 'you'])
      : plural(head.members.length, 'person', 'people');
  return [spaceWords[head.space], head.ward, people].filter(Boolean).join(' · ');
}

const peerOf = (head: ThreadHead) => head.members.find((member) => !member.me)?.person;
