/** Built next. */
export function UnitPage() {
  return <h1>Unit</h1>;
}
