/** A button whose click is confirmed, because its effect cannot be taken back. */
import { AlertDialog } from '@base-ui/react/alert-dialog';
import type { ReactNode } from 'react';

export function Confirm({
  button,
  title,
  children,
  disabled,
  onConfirm,
}: {
  button: string;
  title: string;
  children: ReactNode;
  disabled?: boolean;
  onConfirm: () => void;
}) {
  return (
    <AlertDialog.Root>
      <AlertDialog.Trigger className="primary" disabled={disabled}>
        {button}
      </AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="backdrop" />
        <AlertDialog.Popup className="dialog">
          <AlertDialog.Title>{title}</AlertDialog.Title>
          <AlertDialog.Description render={<div />}>{children}</AlertDialog.Description>
          <div className="actions">
            <AlertDialog.Close>Cancel</AlertDialog.Close>
            <AlertDialog.Close className="primary" onClick={onConfirm}>
              {button}
            </AlertDialog.Close>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
