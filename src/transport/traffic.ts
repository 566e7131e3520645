/** Byte counts of one direction. `payloadBytes + framingBytes` is `socketBytes` once all is flushed. */
export interface Traffic {
  /** Bytes of messages: what the operations asked to be sent. */
  payloadBytes: number;
  /** Frame prefixes and everything in control frames. */
  framingBytes: number;
  /** Bytes the network was given or gave, counted at the socket. */
  socketBytes: number;
  /** Frames of all kinds. */
  frames: number;
  /** Messages: one or several data frames each. */
  messages: number;
  /** Of the frames, those that only say that the sender lives; they depend on time alone. */
  signsOfLife: number;
}

/** Byte counts of both directions. */
export interface DuplexTraffic {
  readonly sent: Traffic;
  readonly received: Traffic;
}

export function noTraffic(): Traffic {
  return {
    payloadBytes: 0,
    framingBytes: 0,
    socketBytes: 0,
    frames: 0,
    messages: 0,
    signsOfLife: 0,
  };
}

/** Adds `more` to `total`, field by field. */
export function addTraffic(total: Traffic, more: Readonly<Traffic>): void {
  total.payloadBytes += more.payloadBytes;
  total.framingBytes += more.framingBytes;
  total.socketBytes += more.socketBytes;
  total.frames += more.frames;
  total.messages += more.messages;
  total.signsOfLife += more.signsOfLife;
}
