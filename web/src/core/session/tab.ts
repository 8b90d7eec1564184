/**
 * One tab has the keys. Two workers that write for one device would use its sequence numbers twice; so unlocking takes the keys away
 * from whichever tab had them.
 */
import { tabLockName } from '../../platform/tabs.ts';

export interface TabLock {
  /** Takes the lock from whoever has it. `onTaken` is called when another tab takes it from us. */
  take(onTaken: () => void): Promise<() => void>;
}

/** Web Locks, where the browser has them. */
export function browserTabLock(locks: LockManager | undefined): TabLock {
  return {
    take: (onTaken) =>
      new Promise((resolve, reject) => {
        if (!locks) {
          resolve(() => undefined);
          return;
        }
        let giveBack: (() => void) | undefined;
        let released = false;
        const held = () =>
          new Promise<void>((done) => {
            giveBack = () => {
              released = true;
              done();
            };
            resolve(giveBack);
          });
        locks.request(tabLockName, { steal: true }, held).catch((thrown: unknown) => {
          if (giveBack && !released) onTaken();
          else if (!giveBack) reject(thrown instanceof Error ? thrown : new Error('the lock was refused'));
        });
      }),
  };
}
