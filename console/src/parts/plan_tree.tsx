import type { PlanNode } from '../data/plan';

function Node({ node }: { node: PlanNode }) {
  return (
    <li role="treeitem" aria-expanded={node.children.length > 0 ? true : undefined}>
      <div class="plan-node">
        <div class="plan-title">
          <strong>{node.title}</strong>
          {node.numbers && <span class="plan-numbers">{node.numbers}</span>}
        </div>
        {node.details.map((detail) => (
          <div key={detail} class="plan-detail">
            {detail}
          </div>
        ))}
      </div>
      {node.children.length > 0 && (
        <ul role="group">
          {node.children.map((child, i) => (
            <Node key={i} node={child} />
          ))}
        </ul>
      )}
    </li>
  );
}

export function PlanTree({ roots }: { roots: PlanNode[] }) {
  return (
    <ul class="plan" role="tree" aria-label="Plan of the statement">
      {roots.map((root, i) => (
        <Node key={i} node={root} />
      ))}
    </ul>
  );
}
