/** Which of the few whole screens is shown: it follows the state of the session and nothing else. */
import { useEffect, useState } from 'preact/hooks';
import type { Enrol } from '../features/gate/Enrol.tsx';
import { CutLink } from '../features/gate/CutLink.tsx';
import { Mark } from '../features/gate/Frame.tsx';
import { Lock } from '../features/gate/Lock.tsx';
import { Occupied } from '../features/gate/Occupied.tsx';
import { SignIn } from '../features/gate/SignIn.tsx';
import { type Client, ClientContext } from '../features/session/client.ts';
import { enrolmentIn } from '../features/shell/routes.ts';
import { Shell } from '../features/shell/Shell.tsx';
import { whenIdle } from '../platform/idle.ts';
import { type Fault, FaultBox } from '../ui/fault.tsx';
import { Fetching, part, usePart } from '../ui/part.tsx';
import { watchIdle } from './idle.ts';
import { watchForNetwork } from './network.ts';

type Props = { client: Client; fault: Fault | undefined };

/** The parts that are likely to be tapped are fetched before all of it is kept. */
const keepAfter = 8000;

export function App({ client, fault }: Props) {
  return (
    <ClientContext.Provider value={client}>
      <Screens client={client} fault={fault} />
    </ClientContext.Provider>
  );
}

function Screens({ client, fault }: Props) {
  const [link, setLink] = useState(takeLink);
  /** The link is being spent from here: what opens by it is not somebody else. */
  const [spending, setSpending] = useState(false);
  const state = client.session.value;
  const ready = state?.at === 'ready' ? state : undefined;
  const offline = state !== undefined && state.at !== 'ready' && 'offline' in state;
  useEffect(() => {
    const onHash = () => setLink((before) => takeLink() ?? before);
    addEventListener('hashchange', onHash);
    return () => removeEventListener('hashchange', onHash);
  }, []);
  const opened = ready !== undefined && client.inbox.value !== undefined;
  useEffect(
    () =>
      opened
        ? whenIdle(
            keepAfter,
            () =>
              void import('./keep.ts').then(
                (part) => part.keepTheApp(),
                () => undefined,
              ),
          )
        : undefined,
    [opened],
  );
  useEffect(() => {
    if (!ready) return undefined;
    return watchIdle({
      clock: client.clock,
      idleMs: ready.idleMs,
      onIdle: () => void client.lock(),
      onUse: () => void client.wardline.touch().catch(() => undefined),
    });
  }, [ready?.idleMs, ready !== undefined]);

  useEffect(() => {
    return offline ? watchForNetwork({ clock: client.clock, again: () => client.load() }) : undefined;
  }, [offline]);

  if (!state) return <Starting fault={fault} />;
  if (link === 'cut') return <CutLink onDone={() => setLink(undefined)} />;
  if (link && (spending || state.at !== 'ready')) {
    const over = () => {
      setLink(undefined);
      setSpending(false);
    };
    const { demonstration } = state;
    return <EnrolOnce link={link} demonstration={demonstration} onBegun={() => setSpending(true)} onDone={over} />;
  }
  if (state.at === 'ready') {
    if (link) return <Occupied name={state.me.name} onStay={() => setLink(undefined)} />;
    return <Shell state={state} />;
  }
  const { at } = client.router.route.value;
  if (at === 'policies' || at === 'policy') return <Policies />;
  if (state.at === 'locked') return <Lock {...state} />;
  const passkeys = state.passkeys === true;
  return <SignIn organisation={state.organisation} demonstration={state.demonstration} passkeys={passkeys} />;
}

const policiesPart = part(async () => (await import('../features/policy/PoliciesPage.tsx')).PoliciesPage);

/** The organisation's policies can be read by whoever holds the device. */
function Policies() {
  const { View, ...waiting } = usePart(policiesPart);
  return View ? <View /> : <Waiting {...waiting} />;
}

/** Needed once in a person's life and only with a network: it is fetched when a link is opened and not before. */
const enrolPart = part(async () => (await import('../features/gate/Enrol.tsx')).Enrol, {
  code: 'screen.not-fetched',
  message: 'Wardline could not be reached.',
  hint: 'Check the network and try again. If it stays, open the link again: it has not been used.',
});

function EnrolOnce(props: Parameters<typeof Enrol>[0]) {
  const { View, ...waiting } = usePart(enrolPart);
  return View ? <View {...props} /> : <Waiting {...waiting} />;
}

function Waiting(waiting: Parameters<typeof Fetching>[0]) {
  return (
    <div class="lockp">
      <header>
        <Mark />
      </header>
      <main id="main">
        <Fetching {...waiting} />
      </main>
    </div>
  );
}

function Starting({ fault }: { fault: Fault | undefined }) {
  return (
    <div class="lockp">
      <header>
        <Mark />
      </header>
      <main id="main">{fault ? <FaultBox fault={fault} /> : <p class="vh">Starting…</p>}</main>
    </div>
  );
}

/** Reads a one-time link and takes it out of the address at once: it must not stay in the history. */
function takeLink() {
  const link = enrolmentIn(location.hash);
  if (link) history.replaceState(null, '', '#/');
  return link;
}
