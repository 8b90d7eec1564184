/**
 * The one Trusted Types policy, `wardline`. It makes script addresses only, only for the service worker and for files of this origin that the build
 * put under `/assets/`; it makes no HTML and no script text at all.
 */

export function assetUrl(address: string, origin = location.origin): string {
  const url = new URL(address, origin);
  if (url.origin !== origin || !/^\/(assets\/[A-Za-z0-9_.-]+|sw)\.js$/.test(url.pathname) || url.search || url.hash) {
    throw new TypeError('not one of our own scripts');
  }
  return url.href;
}

type Policy = { createScriptURL(address: string): string };
type Factory = { createPolicy(name: string, rules: Policy): Policy };

/** The address as the browser wants it for `new Worker`; in a browser without Trusted Types, the checked string. */
export function trustedScript(address: string): string {
  const factory = (globalThis as { trustedTypes?: Factory }).trustedTypes;
  if (!factory) return assetUrl(address);
  policy ??= factory.createPolicy('wardline', { createScriptURL: (wanted) => assetUrl(wanted) });
  return policy.createScriptURL(address);
}

let policy: Policy | undefined;
