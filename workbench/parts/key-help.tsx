/** The keys of the viewer. */
import { keyHelp } from "../viewer/keys.ts";

export function KeyHelp() {
  return (
    <>
      <p class="hint">
        On the viewer: drag moves the image, Shift and drag (or the right button) sets window and
        level, the wheel goes through slices, Ctrl and wheel or two fingers zoom.
      </p>
      <dl class="keys">
        {keyHelp.map(({ keys, does }) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
