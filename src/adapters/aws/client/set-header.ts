/** Sets a header of a request that the SDK has built, before it signs it. Names in lower case. */
export function setHeader(request: unknown, name: string, value: string): void {
  if (hasHeaders(request)) request.headers[name] = value;
}

function hasHeaders(request: unknown): request is { headers: Record<string, string> } {
  return typeof request === 'object' && request !== null && 'headers' in request;
}
