// Words that secrets in tutorials, templates and default configurations are made of.
const WORDS =
  /secret|key|change|replace|default|example|sample|please|password|passphrase|passwd|admin|root|test|testing|development|production|local|insecure|super|private|public|random|string|token|session|cookie|signing|jwt|hmac|auth|app|application|at-?least|characters|chars|bytes|bits|long|must|should|enough|minimum|this|that|your|with|for|and|not|the|use|keyboard|cat|qwerty|letmein|welcome|django|rails|laravel|plinth|abcdefghijklmnopqrstuvwxyz|0123456789abcdef|1234567890|0123456789|256|512|128/gi;
const MIN_REST = 20;
const MIN_DISTINCT = 8;

/**
 * Whether a long secret can still be guessed: made of the words that templates use, of one piece repeated, or of few characters.
 * Random secrets of 32 bytes and more, in hexadecimal or base64, pass.
 */
export function isWeakSecret(secret: string): boolean {
  const rest = secret.replaceAll(WORDS, "").replaceAll(/[\s\-_.,:;!]/g, "");
  return rest.length < MIN_REST || new Set(secret).size < MIN_DISTINCT || isRepetitive(secret);
}

/** Whether a text is one piece written twice or more, the last time perhaps cut short. */
function isRepetitive(text: string): boolean {
  for (let period = 1; period <= text.length / 2; period++) {
    if (text.startsWith(text.slice(period))) return true;
  }
  return false;
}
