/** Tabs whose choice is in the address. */
import { Tabs as Base } from '@base-ui/react/tabs';
import type { ReactNode } from 'react';

import { useFilters } from '../filters';

export function Tabs({ label, tabs }: { label: string; tabs: Readonly<Record<string, ReactNode>> }) {
  const [filters, change] = useFilters();
  const names = Object.keys(tabs);
  const chosen = filters.tab && names.includes(filters.tab) ? filters.tab : names[0];
  return (
    <Base.Root value={chosen} onValueChange={(tab: string) => change({ tab })}>
      <Base.List className="tabs" aria-label={label}>
        {names.map((name) => (
          <Base.Tab key={name} value={name}>
            {name}
          </Base.Tab>
        ))}
      </Base.List>
      {names.map((name) => (
        <Base.Panel key={name} value={name} className="panel">
          {tabs[name]}
        </Base.Panel>
      ))}
    </Base.Root>
  );
}
