/** What names of fields say that their values are credentials. Shared by whatever shows or writes what it did not make. */

const fragments = 'token|secret|passw(?:or)?d|pwd|signature|credential|session|api[-_]?key';

const inQuery = new RegExp(
  `([?&;](?:[\\w.-]*(?:${fragments})[\\w.-]*|auth|authorization|code|sig|sid|key|jwt)=)[^&;]*`,
  'gi',
);

/** The target with the values of query fields that usually carry a credential cut out. */
export const withoutCredentials = (target: string): string => target.replace(inQuery, '$1***');

const inName = new RegExp(
  `${fragments}|passphrase|private[-_]?key|authorization|cookie|csrf|xsrf|jwt|^(?:auth|sid|sig|otp|pin|cvv|cvc)$`,
  'i',
);

/** Whether a member or header of this name usually carries a credential. `code` and `key` alone say nothing there. */
export const isSecretName = (name: string): boolean => inName.test(name);
