/** A list of the API. `for await` goes over its items; `pages()` over its pages. Each page is loaded when it is needed. */
export class Paged<Item, Page extends { nextCursor?: string }> implements AsyncIterable<Item> {
  constructor(
    private readonly load: (cursor: string | undefined) => Promise<Page>,
    private readonly itemsOf: (page: Page) => readonly Item[],
  ) {}

  /** A page may be short or empty and still not be the last one: only a page without `nextCursor` is. */
  async *pages(): AsyncGenerator<Page, void> {
    let cursor: string | undefined;
    do {
      const page = await this.load(cursor);
      yield page;
      cursor = page.nextCursor;
    } while (cursor);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void> {
    for await (const page of this.pages()) yield* this.itemsOf(page);
  }
}
