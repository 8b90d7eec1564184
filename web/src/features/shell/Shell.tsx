/**
 * The app once it is open: one pane at a time on a phone, three side by side on a ward PC, sheets over both, and one polite live
 * region for all of it.
 */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { notMember, type SessionState, type ThreadId } from '../../core/contract.ts';
import { isVeryWide, isWide } from '../../platform/viewport.ts';
import { duration } from '../../ui/dates.ts';
import { DecisionIcon, SpaceDirectIcon } from '../../ui/icons/states.tsx';
import { CloseIcon, ComposeIcon, InboxIcon, LockIcon, MoreIcon, SearchIcon } from '../../ui/icons/tools.tsx';
import { ThreadList } from '../inbox/Inbox.tsx';
import { Mark } from '../gate/Frame.tsx';
import { roleAndWard } from '../people/words.ts';
import { useClient } from '../session/client.ts';
import { ThreadStore } from '../thread/store.ts';
import { ConnectionBar, ConnectionNews } from './ConnectionBar.tsx';
import { fetchAhead } from './parts.ts';
import { DetailsPlace, JumpPlace, MorePlace, SheetPlace, ThreadPlace, WorklistPlace } from './Places.tsx';
import { format } from './routes.ts';

type Ready = Extract<SessionState, { at: 'ready' }>;

export function Shell({ state }: { state: Ready }) {
  const client = useClient();
  const [jumping, setJumping] = useState(false);
  const [detailsOpen, setDetailsOpen] = useState(true);
  const base = client.router.base.value;
  const thread = base.at === 'thread' ? base.thread : undefined;
  const store = useThread(thread);
  const wide = isWide.value;
  const left = useRef<ThreadId | undefined>(undefined);
  useEffect(() => {
    if (thread) left.current = thread;
  }, [thread]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== 'k')
        return;
      event.preventDefault();
      setJumping(true);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);

  // Also after a time without a network: what could not be fetched then is fetched now.
  const shown = client.inbox.value !== undefined;
  const { state: line } = client.connection.value;
  useEffect(() => (shown && line === 'online' ? fetchAhead() : undefined), [shown, line]);

  usePolicies();

  const summary = client.inbox.value?.find((each) => each.id === thread);
  const head = store?.head.value;
  const asked = detailsOpen || client.router.route.value.at === 'details';
  const member = head?.readOnly?.code !== notMember;
  const three = wide && isVeryWide.value && asked && thread !== undefined && member;
  const onDetails = () => {
    if (isVeryWide.value) setDetailsOpen((open) => !open);
    else if (thread) client.router.go({ at: 'details', thread });
  };

  return (
    <>
      <a class="nhsuk-skip-link" href="#main" onClick={skip}>
        Skip to main content
      </a>
      {wide ? (
        <div class={three ? 'pc pc--three' : 'pc'}>
          <TopBar state={state} onJump={() => setJumping(true)} />
          <section class="bars" aria-label="Notices">
            <ConnectionBar />
          </section>
          <Nav />
          {base.at === 'more' || base.at === 'decisions' ? (
            <main class="pane pane--page" id="main" tabIndex={-1}>
              {base.at === 'more' ? <MorePlace /> : <WorklistPlace />}
            </main>
          ) : (
            <>
              <section class="pane" aria-label="Threads">
                <div class="top">
                  <div class="top__t">
                    <h2>Inbox</h2>
                  </div>
                  <a class="btn btn--s" href={format({ at: 'new' })}>
                    <ComposeIcon />
                    New
                  </a>
                </div>
                <ThreadList current={thread} />
              </section>
              <main class="pane" id="main" tabIndex={-1}>
                {store ? (
                  <ThreadPlace key={thread} store={store} summary={summary} onDetails={three ? undefined : onDetails} />
                ) : (
                  <div class="empty empty--mid">
                    <SpaceDirectIcon />
                    <h1>No thread is open</h1>
                    <p>
                      Choose one, or press <kbd>Ctrl</kbd> <kbd>K</kbd>.
                    </p>
                  </div>
                )}
              </main>
              {three && (
                <aside class="pane" aria-label="Details">
                  <div class="top">
                    <div class="top__t">
                      <h2>Details</h2>
                    </div>
                    <button type="button" class="ib" onClick={() => setDetailsOpen(false)}>
                      <CloseIcon />
                      <span class="vh">Close details</span>
                    </button>
                  </div>
                  <div class="pane__s" tabIndex={0} role="region" aria-label="Thread details">
                    {store && head && <DetailsPlace head={head} store={store} />}
                  </div>
                </aside>
              )}
            </>
          )}
        </div>
      ) : (
        <div class="phone">
          <main class="pane" id="main" tabIndex={-1}>
            {base.at === 'more' && <MorePlace />}
            {base.at === 'decisions' && <WorklistPlace />}
            {base.at === 'inbox' && (
              <InboxPage state={state} onJump={() => setJumping(true)} returning={left.current} />
            )}
            {store && <ThreadPlace key={thread} store={store} summary={summary} onDetails={onDetails} />}
          </main>
          {!store && <Nav />}
        </div>
      )}
      <SheetPlace store={store} />
      {jumping && <JumpPlace onClose={() => setJumping(false)} />}
      <ConnectionNews />
      <p class="vh" role="status" aria-live="polite">
        {client.said}
      </p>
    </>
  );
}

/**
 * What has to be accepted is laid over the inbox once, when it is first known (R36); an emergency that nobody has read is not covered. It
 * can be put aside, and then the thread says why it takes no message.
 */
function usePolicies() {
  const client = useClient();
  const asked = useRef(new Set<string>());
  const next = client.policies.value?.find(({ needed }) => needed);
  const key = next && `${next.policy}/${next.version}`;
  useEffect(() => {
    if (!next || !key || asked.current.has(key) || client.router.route.peek().at !== 'inbox') return;
    asked.current.add(key);
    const pressing = client.inbox.peek()?.some(({ urgency, unread }) => urgency === 'emergency' && unread > 0);
    if (!pressing) client.router.go({ at: 'policy', policy: next.policy, version: next.version });
  }, [key]);
}

/** The open thread, opened and closed with its place. */
function useThread(thread: ThreadId | undefined): ThreadStore | undefined {
  const client = useClient();
  const store = useMemo(() => (thread ? new ThreadStore(client.wardline, thread, client.now) : undefined), [thread]);
  useEffect(() => {
    void store?.open();
    return () => store?.close();
  }, [store]);
  return store;
}

function InboxPage(props: { state: Ready; onJump: () => void; returning: ThreadId | undefined }) {
  const client = useClient();
  const { me } = props.state;
  return (
    <>
      <header class="top">
        <div class="top__t">
          <h1>Inbox</h1>
          <p class="one">
            {me.name}, {roleAndWard(me)}
          </p>
        </div>
        <button type="button" class="ib" onClick={props.onJump}>
          <SearchIcon size="l" />
          <span class="vh">Jump to a thread or a person</span>
        </button>
        <button type="button" class="ib" onClick={() => void client.lock()}>
          <LockIcon size="l" />
          <span class="vh">Lock now</span>
        </button>
      </header>
      <ConnectionBar />
      <ThreadList returning={props.returning} />
    </>
  );
}

function TopBar({ state, onJump }: { state: Ready; onJump: () => void }) {
  const client = useClient();
  const shared = state.device === 'shared' ? 'Shared ward PC · ' : '';
  return (
    <header class="pctop">
      <Mark />
      <button type="button" class="jump" onClick={onJump}>
        <SearchIcon />
        <span>Jump to a thread or a person</span>
        <kbd>Ctrl K</kbd>
      </button>
      <span class="grow" />
      <span class="muted pctop__who">
        {state.demonstration ? 'Demonstration · ' : ''}
        {shared}locks after {duration(state.idleMs)} idle
      </span>
      <span class="pctop__who">
        <b>{state.me.name}</b> <span class="muted">{roleAndWard(state.me)}</span>
      </span>
      <button type="button" class="btn btn--s" onClick={() => void client.lock()}>
        <LockIcon />
        Lock
      </button>
    </header>
  );
}

/** The places that there are. What does not work yet is not here. */
function Nav() {
  const { router } = useClient();
  const at = router.base.value.at;
  const sheet = router.route.value.at;
  const isNew = sheet === 'new' || sheet === 'new-team' || sheet === 'new-patient';
  const current = (yes: boolean) => (yes ? 'page' : undefined);
  return (
    <nav class="nav" aria-label="Main">
      <a href={format({ at: 'inbox' })} aria-current={current(at !== 'more' && at !== 'decisions' && !isNew)}>
        <InboxIcon size="l" />
        Inbox
      </a>
      <a href={format({ at: 'new' })} aria-current={current(isNew)}>
        <ComposeIcon size="l" />
        New
      </a>
      <a href={format({ at: 'decisions' })} aria-current={current(at === 'decisions' && !isNew)}>
        <DecisionIcon size="l" />
        Decisions
      </a>
      <a href={format({ at: 'more' })} aria-current={current(at === 'more' && !isNew)}>
        <MoreIcon size="l" />
        More
      </a>
    </nav>
  );
}

/** The address after the `#` is ours, so the skip link moves the focus by hand. */
function skip(event: Event) {
  event.preventDefault();
  document.getElementById('main')?.focus();
}
