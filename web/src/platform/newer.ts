/**
 * Newer versions of the app. The service worker of one waits while Wardline is in use; a page that starts is locked, and that is when it
 * takes over.
 */
import { tabLockName } from './tabs.ts';

/** How long a start waits for the newer version. */
const patience = 1500;

/** Whether the page is about to be loaded anew by the newer version. Asks nothing of a browser in which nothing was kept yet. */
export async function takeOver(page: { reload: () => void } = location): Promise<boolean> {
  const workers = (navigator as Partial<Navigator>).serviceWorker;
  if (!workers?.controller) return false;
  const waiting = (await workers.getRegistration())?.waiting;
  if (!waiting || (await openElsewhere())) return false;
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(false), patience);
    workers.addEventListener(
      'controllerchange',
      () => {
        clearTimeout(late);
        page.reload();
        resolve(true);
      },
      { once: true },
    );
    waiting.postMessage('take over');
  });
}

/** A newer version is here, and waits for the next lock. */
export async function newerIsReady(): Promise<boolean> {
  const workers = (navigator as Partial<Navigator>).serviceWorker;
  const registration = await workers?.getRegistration();
  return Boolean(registration?.waiting);
}

/** SHA-256 of the list of this app's files, hex: what an organisation publishes for its version. */
export async function appFiles(): Promise<string> {
  const response = await fetch('/assets.json', { cache: 'no-cache' });
  if (!response.ok) return '';
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await response.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Another tab of this browser is in use: it must not lose its version. */
async function openElsewhere(): Promise<boolean> {
  const { held = [] } = (await (navigator as Partial<Navigator>).locks?.query()) ?? {};
  return held.some(({ name }) => name === tabLockName);
}
