// Loads mpegts.js when it is first needed.  Where it is, and its checksum, say the
// page.  A public place that does not answer must not hold up the rest.

let loading = null;

export function loadPlayer() {
  loading ??= new Promise((resolve, reject) => {
    const link = document.getElementById("player-script");
    const script = document.createElement("script");
    script.src = link.href;
    script.integrity = link.integrity;
    script.crossOrigin = link.crossOrigin;
    script.onload = () => {
      const { mpegts } = window;
      mpegts.LoggingControl.enableVerbose = false;
      mpegts.LoggingControl.enableInfo = false;
      mpegts.LoggingControl.enableDebug = false;
      if (mpegts.isSupported()) resolve(mpegts);
      else reject(unfit());
    };
    script.onerror = () => {
      // The next who asks tries again.
      loading = null;
      script.remove();
      reject(new Error(`The player script could not be loaded from ${link.href}`));
    };
    document.head.append(script);
  });
  return loading;
}

function unfit() {
  const error = new Error("This browser has no Media Source Extensions, which live FLV needs.");
  return Object.assign(error, { hopeless: true });
}
