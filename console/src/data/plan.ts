// The lines of EXPLAIN as a tree: "-> " begins a node, deeper lines without it say more about it.

export interface PlanNode {
  title: string;
  /// What the planner expects and, of EXPLAIN ANALYZE, what was: "cost=..", "rows=..".
  numbers: string;
  details: string[];
  children: PlanNode[];
}

export function planTree(lines: string[]): PlanNode[] {
  const roots: PlanNode[] = [];
  const open: { indent: number; node: PlanNode }[] = [];
  for (const line of lines) {
    const indent = line.length - line.trimStart().length;
    const words = line.trim();
    if (words === '') continue;
    const isNode = words.startsWith('-> ') || open.length === 0;
    if (!isNode) {
      while (open.length > 1 && open.at(-1)!.indent >= indent) open.pop();
      open.at(-1)!.node.details.push(words);
      continue;
    }
    while (open.length > 0 && open.at(-1)!.indent >= indent) open.pop();
    const found = /^(?:-> )?(.*?)((?:\s*\((?:cost|actual)[^)]*\))*)$/.exec(words);
    const node: PlanNode = { title: found?.[1] ?? words, numbers: (found?.[2] ?? '').trim(), details: [], children: [] };
    (open.at(-1)?.node.children ?? roots).push(node);
    open.push({ indent, node });
  }
  return roots;
}
