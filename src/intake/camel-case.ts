/** `max_retries` → `maxRetries`. Names in capitals (codes) stay as they are. */
export function camelCase(key: string): string {
  return /^[a-z]/.test(key)
    ? key.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
    : key;
}
