import { useEffect, useState } from 'preact/hooks';

/// The value once it has stayed the same for so long.
export function useDelayed<T>(value: T, millis: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), millis);
    return () => clearTimeout(timer);
  }, [value, millis]);
  return settled;
}
