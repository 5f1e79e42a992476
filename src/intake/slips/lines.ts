/** The lines of a text, found by offsets. */
export class Lines {
  readonly rows: readonly string[];
  private readonly text: string;
  private readonly starts: readonly number[];

  constructor(text: string) {
    this.text = text;
    const starts = [0];
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
    this.starts = starts;
    this.rows = starts.map((start, row) =>
      text.slice(start, (starts[row + 1] ?? text.length + 1) - 1).replace(/\r$/, ""),
    );
  }

  /** The row and column of an offset, 0-based. */
  at(offset: number): { row: number; column: number } {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { row: low, column: offset - (this.starts[low] ?? 0) };
  }

  offset(row: number, column: number): number {
    return (this.starts[row] ?? 0) + column;
  }

  /** The text with some columns of a line replaced. */
  with(
    row: number,
    { from, to, text }: { readonly from: number; readonly to: number; readonly text: string },
  ): string {
    return this.text.slice(0, this.offset(row, from)) + text + this.text.slice(this.offset(row, to));
  }

  /** A line; empty outside of the text. */
  row(index: number): string {
    return this.rows[index] ?? "";
  }
}
