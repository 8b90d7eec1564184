/** The parts of the shell that are fetched later, each with what stands in its place until it is there. */
import { useEffect } from 'preact/hooks';
import type { ThreadHead, ThreadSummary } from '../../core/contract.ts';
import { isWide } from '../../platform/viewport.ts';
import { BackIcon } from '../../ui/icons/tools.tsx';
import { Fetching, usePart } from '../../ui/part.tsx';
import { Sheet } from '../../ui/Sheet.tsx';
import { headingOf } from '../inbox/words.ts';
import { useClient } from '../session/client.ts';
import type { ThreadStore } from '../thread/store.ts';
import { detailsPart, jumpPart, morePart, policyPart, sheetsPart, threadPart, worklistPart } from './parts.ts';
import { isBase, type Route } from './routes.ts';

type ThreadProps = { store: ThreadStore; summary: ThreadSummary | undefined; onDetails?: (() => void) | undefined };

export function ThreadPlace(props: ThreadProps) {
  const client = useClient();
  const { View, ...waiting } = usePart(threadPart);
  if (View) return <View {...props} />;
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
          <h1>{props.summary ? headingOf(props.summary) : 'Thread'}</h1>
        </div>
      </header>
      <div class="pane__s">
        <Fetching {...waiting} onAnew={() => void client.lock()} />
      </div>
    </>
  );
}

export function DetailsPlace({ head, store }: { head: ThreadHead; store: ThreadStore }) {
  const client = useClient();
  const { View, ...waiting } = usePart(detailsPart);
  const threadIsHere = threadPart.view.value !== undefined;
  useEffect(() => void (threadIsHere && detailsPart.load()), [threadIsHere]);
  if (View) return <View head={head} keyChanges={store.keyChanges.value} />;
  // The thread beside it says already what is the matter, and when it comes the details come too.
  if (!threadIsHere) return null;
  return <Fetching {...waiting} onAnew={() => void client.lock()} />;
}

export const MorePlace = () => <PagePlace of={morePart} title="More" />;
export const WorklistPlace = () => <PagePlace of={worklistPart} title="Decisions" />;

function PagePlace({ of, title }: { of: typeof morePart; title: string }) {
  const client = useClient();
  const { View, ...waiting } = usePart(of);
  if (View) return <View />;
  return (
    <>
      <header class="top">
        <div class="top__t">
          <h1>{title}</h1>
        </div>
      </header>
      <div class="pane__s">
        <Fetching {...waiting} onAnew={() => void client.lock()} />
      </div>
    </>
  );
}

export function SheetPlace({ store }: { store: ThreadStore | undefined }) {
  const { route } = useClient().router;
  if (isBase(route.value)) return null;
  const { at } = route.value;
  if (at === 'policies' || at === 'policy') return <PolicyPlace />;
  return <WantedSheet store={store} at={at} />;
}

function WantedSheet({ store, at }: { store: ThreadStore | undefined; at: Route['at'] }) {
  const client = useClient();
  const { View, ...waiting } = usePart(sheetsPart);
  if (View) return <View store={store} />;
  return <WaitingSheet title={titles[at] ?? 'One moment'} onClose={() => client.router.close()} {...waiting} />;
}

function PolicyPlace() {
  const client = useClient();
  const { View, ...waiting } = usePart(policyPart);
  if (View) return <View />;
  return <WaitingSheet title="Policies" onClose={() => client.router.close()} {...waiting} />;
}

export function JumpPlace({ onClose }: { onClose: () => void }) {
  const { View, ...waiting } = usePart(jumpPart);
  if (View) return <View onClose={onClose} />;
  return <WaitingSheet title="Jump to a thread or a person" onClose={onClose} {...waiting} />;
}

type WaitingProps = Omit<ReturnType<typeof usePart>, 'View'> & { title: string; onClose: () => void };

function WaitingSheet({ title, onClose, ...waiting }: WaitingProps) {
  const client = useClient();
  if (!waiting.late && !waiting.fault) return null;
  return (
    <Sheet title={title} onClose={onClose}>
      <Fetching {...waiting} onAnew={() => void client.lock()} />
    </Sheet>
  );
}

const titles: Partial<Record<Route['at'], string>> = {
  ways: 'Signing in and locking',
  keys: 'Renew your keys',
  new: 'New message',
  'new-team': 'New team thread',
  'new-patient': 'Link a patient',
  details: 'Details',
  add: 'Add a person',
  remove: 'Remove',
  decide: 'Mark a decision',
  correct: 'Correct a decision',
  'take-back': 'Take this decision back',
  countersign: 'Countersign this decision',
  again: 'Decide again',
  close: 'Close this conversation',
  file: 'File to the record',
  'wrong-patient': 'Wrong patient',
};
