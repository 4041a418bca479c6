/*
 * What the function's own Node.js has and version 20 has not: a laptop has what its owner installed. Evaluated first.
 * `infra/bundle.ts` does the same for `process.getBuiltinModule` (20.16), which the bundle itself asks for before this.
 */

/** Since 22. */
Promise.withResolvers ??= function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve!: PromiseWithResolvers<T>['resolve']
  let reject!: PromiseWithResolvers<T>['reject']
  const promise = new Promise<T>((...settle) => {
    ;[resolve, reject] = settle
  })
  return { promise, resolve, reject }
}

/** Since 22.1. */
URL.parse ??= (url, base) => (URL.canParse(url, base) ? new URL(url, base) : null)
