/**
 * Passkeys of this browser, over @simplewebauthn/browser. A PRF result is taken out of the credential the moment it arrives, and handed
 * over beside it; what is left can be sent.
 */
import {
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
} from '@simplewebauthn/browser';

type Bytes = Uint8Array<ArrayBuffer>;
type Asked = { options: Readonly<Record<string, unknown>>; prfInput: Bytes };
type Answer = { credential: unknown; prf?: Bytes };

/** Plain words, as every fault that a screen shows. */
export class PasskeyFault extends Error {
  readonly code: string;
  readonly hint: string;

  constructor(code: string, message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

export async function usePasskey({ options, prfInput }: Asked): Promise<Answer> {
  const extensions = { ...extensionsOf(options), prf: { eval: { first: prfInput } } };
  const optionsJSON = { ...options, extensions } as unknown as PublicKeyCredentialRequestOptionsJSON;
  try {
    return taken(await startAuthentication({ optionsJSON }));
  } catch (thrown) {
    throw inWords(thrown);
  }
}

/**
 * Makes a passkey. What its PRF promises is believed when it has given the same bytes twice: some authenticators say yes and then
 * give nothing, or something else each time.
 */
export async function makePasskey({ options, prfInput }: Asked): Promise<Answer> {
  const prf = { eval: { first: prfInput } };
  const optionsJSON = { ...options, extensions: { ...extensionsOf(options), prf } };
  let made: Answer & { id: string; enabled: boolean };
  try {
    const response = await startRegistration({
      optionsJSON: optionsJSON as unknown as PublicKeyCredentialCreationOptionsJSON,
    });
    const { enabled } = (response.clientExtensionResults as { prf?: { enabled?: boolean } }).prf ?? {};
    made = { ...taken(response), id: response.id, enabled: enabled === true };
  } catch (thrown) {
    throw inWords(thrown);
  }
  const { credential } = made;
  if (!made.prf && !made.enabled) return { credential };
  const again = () => usePasskey({ options: probeOf(options, made.id), prfInput });
  // Whoever stops here has a passkey all the same, and their password opens.
  const first = made.prf ?? (await again().catch(nothing)).prf;
  const second = first && (await again().catch(nothing)).prf;
  const same = first !== undefined && second !== undefined && equal(first, second);
  second?.fill(0);
  if (same) return { credential, prf: first };
  first?.fill(0);
  return { credential };
}

const nothing = (): Answer => ({ credential: undefined });

/** The answer is for this page alone, so that its challenge can be anything. */
function probeOf(options: Asked['options'], id: string): Record<string, unknown> {
  const challenge = crypto.getRandomValues(new Uint8Array(32));
  const rpId = (options['rp'] as { id?: string } | undefined)?.id;
  return {
    challenge: btoa(String.fromCharCode(...challenge))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replaceAll('=', ''),
    ...(rpId ? { rpId } : {}),
    allowCredentials: [{ id, type: 'public-key' }],
    userVerification: 'required',
  };
}

/** Apart: what may be sent, and the secret. */
function taken(response: { clientExtensionResults: object }): Answer {
  const { prf, ...clientExtensionResults } = response.clientExtensionResults as {
    prf?: { results?: { first?: unknown } };
  };
  const first = prf?.results?.first;
  const bytes = first instanceof ArrayBuffer ? new Uint8Array(first) : undefined;
  const credential = { ...response, clientExtensionResults };
  return bytes?.length === 32 ? { credential, prf: bytes } : { credential };
}

const extensionsOf = (options: Asked['options']) => (options['extensions'] ?? {}) as Record<string, unknown>;

function equal(a: Bytes, b: Bytes): boolean {
  return a.length === b.length && a.reduce((difference, byte, at) => difference | (byte ^ (b[at] ?? 0)), 0) === 0;
}

function inWords(thrown: unknown): PasskeyFault {
  const name = thrown instanceof Error ? thrown.name : '';
  if (name === 'InvalidStateError') {
    return new PasskeyFault(
      'passkey_there',
      'This device has a passkey for Wardline already.',
      'It is in the list. Remove it first if you want a new one.',
    );
  }
  if (name === 'NotSupportedError' || name === 'ConstraintError') {
    return new PasskeyFault(
      'passkey_unsuitable',
      'This device cannot make a passkey that Wardline needs.',
      'It must check that it is you, with a fingerprint, a face or a screen lock. Set one up, or use a PIN.',
    );
  }
  return new PasskeyFault(
    'passkey_cancelled',
    'The passkey was not used. Nothing has changed.',
    'Try again, or use another way.',
  );
}
