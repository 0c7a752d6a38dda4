/** A box that searches when its text is sent, not at each letter: each search is a request. */
import { type FormEvent, useId } from 'react';

export function Search({
  label,
  hint,
  value,
  onSearch,
}: {
  label: string;
  hint: string;
  value: string;
  onSearch: (text: string) => void;
}) {
  const id = useId();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onSearch(String(new FormData(event.currentTarget).get('text')).trim());
  };
  return (
    <form className="search" onSubmit={submit}>
      <label htmlFor={id}>{label}</label>
      <div>
        <input
          key={value}
          id={id}
          name="text"
          type="search"
          defaultValue={value}
          placeholder={hint}
          autoComplete="off"
          spellCheck={false}
        />
        <button type="submit">Search</button>
      </div>
    </form>
  );
}
