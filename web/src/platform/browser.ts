/** What this browser calls itself, for telling one's devices apart in a list: "Chrome on Android". */
export function deviceLabel(agent: string = navigator.userAgent): string {
  const browser = /Edg\//.test(agent)
    ? 'Edge'
    : /Firefox\//.test(agent)
      ? 'Firefox'
      : /Chrome\//.test(agent)
        ? 'Chrome'
        : /Safari\//.test(agent)
          ? 'Safari'
          : 'Browser';
  const system = /Android/.test(agent)
    ? 'Android'
    : /iPhone|iPad/.test(agent)
      ? 'iOS'
      : /Windows/.test(agent)
        ? 'Windows'
        : /Mac OS/.test(agent)
          ? 'Mac'
          : 'Linux';
  return `${browser} on ${system}`;
}

export const browserHasPasskeys = (): boolean => typeof PublicKeyCredential === 'function';
