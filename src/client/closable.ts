/** What `await using` closes at the end of its block. */

/** The method, in a program whose TypeScript knows its name. One whose `lib` is older reads these types all the same. */
type Disposal = SymbolConstructor extends { readonly asyncDispose: infer Name extends symbol }
  ? { [Key in Name]: () => Promise<void> }
  : {};

abstract class OfItself {
  abstract close(): Promise<void>;

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** What is closed by `close()`, and by `await using`. */
export const Closable: abstract new () => Disposal = OfItself;
