import * as $protobuf from "protobufjs/minimal.js";

/** Namespace gradwirecheckpoint. */
export namespace gradwirecheckpoint {

    /**
     * Properties of an ExchangeSnapshot.
     * @deprecated Use gradwirecheckpoint.ExchangeSnapshot.$Properties instead.
     */
    interface IExchangeSnapshot extends gradwirecheckpoint.ExchangeSnapshot.$Properties {
    }

    /** What one rank's exchange needs to go on. */
    class ExchangeSnapshot {

        /**
         * Constructs a new ExchangeSnapshot.
         * @param [properties] Properties to set
         */
        constructor(properties?: gradwirecheckpoint.ExchangeSnapshot.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** ExchangeSnapshot formatVersion. */
        formatVersion: number;

        /** Canonical spec of the codec for tensors without a rule. */
        spec: string;

        /** ExchangeSnapshot rank. */
        rank: number;

        /** ExchangeSnapshot size. */
        size: number;

        /** ExchangeSnapshot seed. */
        seed: number;

        /** Digest of the layout; empty before there is one. */
        layout: string;

        /** Elements of the gradient. */
        length: number;

        /** Exchanges so far. */
        step: number;

        /** ExchangeSnapshot totals. */
        totals?: (gradwirecheckpoint.ExchangeTotals.$Properties|null);

        /** In flat order. */
        units: gradwirecheckpoint.UnitSnapshot.$Properties[];

        /** ExchangeSnapshot checksum. */
        checksum: number;

        /**
         * Creates a new ExchangeSnapshot instance using the specified properties.
         * @param [properties] Properties to set
         * @returns ExchangeSnapshot instance
         */
        static create(properties: gradwirecheckpoint.ExchangeSnapshot.$Shape): gradwirecheckpoint.ExchangeSnapshot & gradwirecheckpoint.ExchangeSnapshot.$Shape;
        static create(properties?: gradwirecheckpoint.ExchangeSnapshot.$Properties): gradwirecheckpoint.ExchangeSnapshot;

        /**
         * Encodes the specified ExchangeSnapshot message. Does not implicitly {@link gradwirecheckpoint.ExchangeSnapshot.verify|verify} messages.
         * @param message ExchangeSnapshot message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: gradwirecheckpoint.ExchangeSnapshot.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an ExchangeSnapshot message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {gradwirecheckpoint.ExchangeSnapshot & gradwirecheckpoint.ExchangeSnapshot.$Shape} ExchangeSnapshot
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): gradwirecheckpoint.ExchangeSnapshot & gradwirecheckpoint.ExchangeSnapshot.$Shape;
    }

    namespace ExchangeSnapshot {

        /** Properties of an ExchangeSnapshot. */
        interface $Properties {

            /** ExchangeSnapshot formatVersion */
            formatVersion?: (number|null);

            /** Canonical spec of the codec for tensors without a rule. */
            spec?: (string|null);

            /** ExchangeSnapshot rank */
            rank?: (number|null);

            /** ExchangeSnapshot size */
            size?: (number|null);

            /** ExchangeSnapshot seed */
            seed?: (number|null);

            /** Digest of the layout; empty before there is one. */
            layout?: (string|null);

            /** Elements of the gradient. */
            length?: (number|null);

            /** Exchanges so far. */
            step?: (number|null);

            /** ExchangeSnapshot totals */
            totals?: (gradwirecheckpoint.ExchangeTotals.$Properties|null);

            /** In flat order. */
            units?: (gradwirecheckpoint.UnitSnapshot.$Properties[]|null);

            /** ExchangeSnapshot checksum */
            checksum?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an ExchangeSnapshot. */
        type $Shape = gradwirecheckpoint.ExchangeSnapshot.$Properties;
    }

    /**
     * Properties of an ExchangeTotals.
     * @deprecated Use gradwirecheckpoint.ExchangeTotals.$Properties instead.
     */
    interface IExchangeTotals extends gradwirecheckpoint.ExchangeTotals.$Properties {
    }

    /** Counts of one rank since its exchange was created. */
    class ExchangeTotals {

        /**
         * Constructs a new ExchangeTotals.
         * @param [properties] Properties to set
         */
        constructor(properties?: gradwirecheckpoint.ExchangeTotals.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** ExchangeTotals encodedBytes. */
        encodedBytes: number;

        /** ExchangeTotals encodedElements. */
        encodedElements: number;

        /** ExchangeTotals payloadBytes. */
        payloadBytes: number;

        /** ExchangeTotals framingBytes. */
        framingBytes: number;

        /** ExchangeTotals socketBytes. */
        socketBytes: number;

        /** ExchangeTotals saturated. */
        saturated: number;

        /** ExchangeTotals encodeMilliseconds. */
        encodeMilliseconds: number;

        /** ExchangeTotals waitMilliseconds. */
        waitMilliseconds: number;

        /** ExchangeTotals transferMilliseconds. */
        transferMilliseconds: number;

        /** ExchangeTotals decodeMilliseconds. */
        decodeMilliseconds: number;

        /**
         * Creates a new ExchangeTotals instance using the specified properties.
         * @param [properties] Properties to set
         * @returns ExchangeTotals instance
         */
        static create(properties: gradwirecheckpoint.ExchangeTotals.$Shape): gradwirecheckpoint.ExchangeTotals & gradwirecheckpoint.ExchangeTotals.$Shape;
        static create(properties?: gradwirecheckpoint.ExchangeTotals.$Properties): gradwirecheckpoint.ExchangeTotals;

        /**
         * Encodes the specified ExchangeTotals message. Does not implicitly {@link gradwirecheckpoint.ExchangeTotals.verify|verify} messages.
         * @param message ExchangeTotals message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: gradwirecheckpoint.ExchangeTotals.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an ExchangeTotals message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {gradwirecheckpoint.ExchangeTotals & gradwirecheckpoint.ExchangeTotals.$Shape} ExchangeTotals
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): gradwirecheckpoint.ExchangeTotals & gradwirecheckpoint.ExchangeTotals.$Shape;
    }

    namespace ExchangeTotals {

        /** Properties of an ExchangeTotals. */
        interface $Properties {

            /** ExchangeTotals encodedBytes */
            encodedBytes?: (number|null);

            /** ExchangeTotals encodedElements */
            encodedElements?: (number|null);

            /** ExchangeTotals payloadBytes */
            payloadBytes?: (number|null);

            /** ExchangeTotals framingBytes */
            framingBytes?: (number|null);

            /** ExchangeTotals socketBytes */
            socketBytes?: (number|null);

            /** ExchangeTotals saturated */
            saturated?: (number|null);

            /** ExchangeTotals encodeMilliseconds */
            encodeMilliseconds?: (number|null);

            /** ExchangeTotals waitMilliseconds */
            waitMilliseconds?: (number|null);

            /** ExchangeTotals transferMilliseconds */
            transferMilliseconds?: (number|null);

            /** ExchangeTotals decodeMilliseconds */
            decodeMilliseconds?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an ExchangeTotals. */
        type $Shape = gradwirecheckpoint.ExchangeTotals.$Properties;
    }

    /**
     * Properties of a UnitSnapshot.
     * @deprecated Use gradwirecheckpoint.UnitSnapshot.$Properties instead.
     */
    interface IUnitSnapshot extends gradwirecheckpoint.UnitSnapshot.$Properties {
    }

    /** What one unit of the gradient holds back. */
    class UnitSnapshot {

        /**
         * Constructs a new UnitSnapshot.
         * @param [properties] Properties to set
         */
        constructor(properties?: gradwirecheckpoint.UnitSnapshot.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** UnitSnapshot spec. */
        spec: string;

        /** UnitSnapshot algorithm. */
        algorithm: string;

        /** Little-endian float32, finite. Two-shot: the worker's by chunk, then the owner's. */
        residuals: Uint8Array[];

        /**
         * Creates a new UnitSnapshot instance using the specified properties.
         * @param [properties] Properties to set
         * @returns UnitSnapshot instance
         */
        static create(properties: gradwirecheckpoint.UnitSnapshot.$Shape): gradwirecheckpoint.UnitSnapshot & gradwirecheckpoint.UnitSnapshot.$Shape;
        static create(properties?: gradwirecheckpoint.UnitSnapshot.$Properties): gradwirecheckpoint.UnitSnapshot;

        /**
         * Encodes the specified UnitSnapshot message. Does not implicitly {@link gradwirecheckpoint.UnitSnapshot.verify|verify} messages.
         * @param message UnitSnapshot message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: gradwirecheckpoint.UnitSnapshot.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a UnitSnapshot message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {gradwirecheckpoint.UnitSnapshot & gradwirecheckpoint.UnitSnapshot.$Shape} UnitSnapshot
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): gradwirecheckpoint.UnitSnapshot & gradwirecheckpoint.UnitSnapshot.$Shape;
    }

    namespace UnitSnapshot {

        /** Properties of a UnitSnapshot. */
        interface $Properties {

            /** UnitSnapshot spec */
            spec?: (string|null);

            /** UnitSnapshot algorithm */
            algorithm?: (string|null);

            /** Little-endian float32, finite. Two-shot: the worker's by chunk, then the owner's. */
            residuals?: (Uint8Array[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a UnitSnapshot. */
        type $Shape = gradwirecheckpoint.UnitSnapshot.$Properties;
    }

    /**
     * Properties of a CheckpointModel.
     * @deprecated Use gradwirecheckpoint.CheckpointModel.$Properties instead.
     */
    interface ICheckpointModel extends gradwirecheckpoint.CheckpointModel.$Properties {
    }

    /** What is equal on all ranks, and the evaluations, which rank 0 makes. */
    class CheckpointModel {

        /**
         * Constructs a new CheckpointModel.
         * @param [properties] Properties to set
         */
        constructor(properties?: gradwirecheckpoint.CheckpointModel.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** CheckpointModel formatVersion. */
        formatVersion: number;

        /** Updates made. */
        step: number;

        /** Little-endian float32, flat. */
        parameters: Uint8Array;

        /** CheckpointModel velocity. */
        velocity: Uint8Array;

        /** CheckpointModel history. */
        history: gradwirecheckpoint.CheckpointEvaluation.$Properties[];

        /** CheckpointModel checksum. */
        checksum: number;

        /**
         * Creates a new CheckpointModel instance using the specified properties.
         * @param [properties] Properties to set
         * @returns CheckpointModel instance
         */
        static create(properties: gradwirecheckpoint.CheckpointModel.$Shape): gradwirecheckpoint.CheckpointModel & gradwirecheckpoint.CheckpointModel.$Shape;
        static create(properties?: gradwirecheckpoint.CheckpointModel.$Properties): gradwirecheckpoint.CheckpointModel;

        /**
         * Encodes the specified CheckpointModel message. Does not implicitly {@link gradwirecheckpoint.CheckpointModel.verify|verify} messages.
         * @param message CheckpointModel message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: gradwirecheckpoint.CheckpointModel.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a CheckpointModel message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {gradwirecheckpoint.CheckpointModel & gradwirecheckpoint.CheckpointModel.$Shape} CheckpointModel
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): gradwirecheckpoint.CheckpointModel & gradwirecheckpoint.CheckpointModel.$Shape;
    }

    namespace CheckpointModel {

        /** Properties of a CheckpointModel. */
        interface $Properties {

            /** CheckpointModel formatVersion */
            formatVersion?: (number|null);

            /** Updates made. */
            step?: (number|null);

            /** Little-endian float32, flat. */
            parameters?: (Uint8Array|null);

            /** CheckpointModel velocity */
            velocity?: (Uint8Array|null);

            /** CheckpointModel history */
            history?: (gradwirecheckpoint.CheckpointEvaluation.$Properties[]|null);

            /** CheckpointModel checksum */
            checksum?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a CheckpointModel. */
        type $Shape = gradwirecheckpoint.CheckpointModel.$Properties;
    }

    /**
     * Properties of a CheckpointEvaluation.
     * @deprecated Use gradwirecheckpoint.CheckpointEvaluation.$Properties instead.
     */
    interface ICheckpointEvaluation extends gradwirecheckpoint.CheckpointEvaluation.$Properties {
    }

    /** Represents a CheckpointEvaluation. */
    class CheckpointEvaluation {

        /**
         * Constructs a new CheckpointEvaluation.
         * @param [properties] Properties to set
         */
        constructor(properties?: gradwirecheckpoint.CheckpointEvaluation.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** CheckpointEvaluation step. */
        step: number;

        /** CheckpointEvaluation epoch. */
        epoch: number;

        /** CheckpointEvaluation seconds. */
        seconds: number;

        /** CheckpointEvaluation wireBytes. */
        wireBytes: number;

        /** CheckpointEvaluation loss. */
        loss: number;

        /** Absent for regression. */
        accuracy?: (number|null);

        /**
         * Creates a new CheckpointEvaluation instance using the specified properties.
         * @param [properties] Properties to set
         * @returns CheckpointEvaluation instance
         */
        static create(properties: gradwirecheckpoint.CheckpointEvaluation.$Shape): gradwirecheckpoint.CheckpointEvaluation & gradwirecheckpoint.CheckpointEvaluation.$Shape;
        static create(properties?: gradwirecheckpoint.CheckpointEvaluation.$Properties): gradwirecheckpoint.CheckpointEvaluation;

        /**
         * Encodes the specified CheckpointEvaluation message. Does not implicitly {@link gradwirecheckpoint.CheckpointEvaluation.verify|verify} messages.
         * @param message CheckpointEvaluation message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: gradwirecheckpoint.CheckpointEvaluation.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a CheckpointEvaluation message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {gradwirecheckpoint.CheckpointEvaluation & gradwirecheckpoint.CheckpointEvaluation.$Shape} CheckpointEvaluation
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): gradwirecheckpoint.CheckpointEvaluation & gradwirecheckpoint.CheckpointEvaluation.$Shape;
    }

    namespace CheckpointEvaluation {

        /** Properties of a CheckpointEvaluation. */
        interface $Properties {

            /** CheckpointEvaluation step */
            step?: (number|null);

            /** CheckpointEvaluation epoch */
            epoch?: (number|null);

            /** CheckpointEvaluation seconds */
            seconds?: (number|null);

            /** CheckpointEvaluation wireBytes */
            wireBytes?: (number|null);

            /** CheckpointEvaluation loss */
            loss?: (number|null);

            /** Absent for regression. */
            accuracy?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a CheckpointEvaluation. */
        type $Shape = gradwirecheckpoint.CheckpointEvaluation.$Properties;
    }

    /**
     * Properties of a CheckpointRank.
     * @deprecated Use gradwirecheckpoint.CheckpointRank.$Properties instead.
     */
    interface ICheckpointRank extends gradwirecheckpoint.CheckpointRank.$Properties {
    }

    /** What differs from rank to rank. */
    class CheckpointRank {

        /**
         * Constructs a new CheckpointRank.
         * @param [properties] Properties to set
         */
        constructor(properties?: gradwirecheckpoint.CheckpointRank.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** CheckpointRank formatVersion. */
        formatVersion: number;

        /** CheckpointRank step. */
        step: number;

        /** CheckpointRank rank. */
        rank: number;

        /** An ExchangeSnapshot; empty where the exchange keeps nothing. */
        exchange: Uint8Array;

        /** Training time so far, without evaluations. */
        milliseconds: number;

        /** CheckpointRank computeMilliseconds. */
        computeMilliseconds: number;

        /** CheckpointRank exchangeMilliseconds. */
        exchangeMilliseconds: number;

        /** CheckpointRank updateMilliseconds. */
        updateMilliseconds: number;

        /** CheckpointRank evaluateMilliseconds. */
        evaluateMilliseconds: number;

        /** CheckpointRank checksum. */
        checksum: number;

        /**
         * Creates a new CheckpointRank instance using the specified properties.
         * @param [properties] Properties to set
         * @returns CheckpointRank instance
         */
        static create(properties: gradwirecheckpoint.CheckpointRank.$Shape): gradwirecheckpoint.CheckpointRank & gradwirecheckpoint.CheckpointRank.$Shape;
        static create(properties?: gradwirecheckpoint.CheckpointRank.$Properties): gradwirecheckpoint.CheckpointRank;

        /**
         * Encodes the specified CheckpointRank message. Does not implicitly {@link gradwirecheckpoint.CheckpointRank.verify|verify} messages.
         * @param message CheckpointRank message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: gradwirecheckpoint.CheckpointRank.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a CheckpointRank message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {gradwirecheckpoint.CheckpointRank & gradwirecheckpoint.CheckpointRank.$Shape} CheckpointRank
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): gradwirecheckpoint.CheckpointRank & gradwirecheckpoint.CheckpointRank.$Shape;
    }

    namespace CheckpointRank {

        /** Properties of a CheckpointRank. */
        interface $Properties {

            /** CheckpointRank formatVersion */
            formatVersion?: (number|null);

            /** CheckpointRank step */
            step?: (number|null);

            /** CheckpointRank rank */
            rank?: (number|null);

            /** An ExchangeSnapshot; empty where the exchange keeps nothing. */
            exchange?: (Uint8Array|null);

            /** Training time so far, without evaluations. */
            milliseconds?: (number|null);

            /** CheckpointRank computeMilliseconds */
            computeMilliseconds?: (number|null);

            /** CheckpointRank exchangeMilliseconds */
            exchangeMilliseconds?: (number|null);

            /** CheckpointRank updateMilliseconds */
            updateMilliseconds?: (number|null);

            /** CheckpointRank evaluateMilliseconds */
            evaluateMilliseconds?: (number|null);

            /** CheckpointRank checksum */
            checksum?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a CheckpointRank. */
        type $Shape = gradwirecheckpoint.CheckpointRank.$Properties;
    }

    /**
     * Properties of a CheckpointManifest.
     * @deprecated Use gradwirecheckpoint.CheckpointManifest.$Properties instead.
     */
    interface ICheckpointManifest extends gradwirecheckpoint.CheckpointManifest.$Properties {
    }

    /** Written last: a checkpoint is what this names, or it is none. */
    class CheckpointManifest {

        /**
         * Constructs a new CheckpointManifest.
         * @param [properties] Properties to set
         */
        constructor(properties?: gradwirecheckpoint.CheckpointManifest.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** CheckpointManifest formatVersion. */
        formatVersion: number;

        /** CheckpointManifest step. */
        step: number;

        /** What the run must have in common with the one that goes on. */
        settings: gradwirecheckpoint.CheckpointSetting.$Properties[];

        /** CheckpointManifest parts. */
        parts: gradwirecheckpoint.CheckpointPart.$Properties[];

        /** CheckpointManifest checksum. */
        checksum: number;

        /**
         * Creates a new CheckpointManifest instance using the specified properties.
         * @param [properties] Properties to set
         * @returns CheckpointManifest instance
         */
        static create(properties: gradwirecheckpoint.CheckpointManifest.$Shape): gradwirecheckpoint.CheckpointManifest & gradwirecheckpoint.CheckpointManifest.$Shape;
        static create(properties?: gradwirecheckpoint.CheckpointManifest.$Properties): gradwirecheckpoint.CheckpointManifest;

        /**
         * Encodes the specified CheckpointManifest message. Does not implicitly {@link gradwirecheckpoint.CheckpointManifest.verify|verify} messages.
         * @param message CheckpointManifest message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: gradwirecheckpoint.CheckpointManifest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a CheckpointManifest message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {gradwirecheckpoint.CheckpointManifest & gradwirecheckpoint.CheckpointManifest.$Shape} CheckpointManifest
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): gradwirecheckpoint.CheckpointManifest & gradwirecheckpoint.CheckpointManifest.$Shape;
    }

    namespace CheckpointManifest {

        /** Properties of a CheckpointManifest. */
        interface $Properties {

            /** CheckpointManifest formatVersion */
            formatVersion?: (number|null);

            /** CheckpointManifest step */
            step?: (number|null);

            /** What the run must have in common with the one that goes on. */
            settings?: (gradwirecheckpoint.CheckpointSetting.$Properties[]|null);

            /** CheckpointManifest parts */
            parts?: (gradwirecheckpoint.CheckpointPart.$Properties[]|null);

            /** CheckpointManifest checksum */
            checksum?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a CheckpointManifest. */
        type $Shape = gradwirecheckpoint.CheckpointManifest.$Properties;
    }

    /**
     * Properties of a CheckpointSetting.
     * @deprecated Use gradwirecheckpoint.CheckpointSetting.$Properties instead.
     */
    interface ICheckpointSetting extends gradwirecheckpoint.CheckpointSetting.$Properties {
    }

    /** Represents a CheckpointSetting. */
    class CheckpointSetting {

        /**
         * Constructs a new CheckpointSetting.
         * @param [properties] Properties to set
         */
        constructor(properties?: gradwirecheckpoint.CheckpointSetting.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** CheckpointSetting name. */
        name: string;

        /** CheckpointSetting value. */
        value: string;

        /**
         * Creates a new CheckpointSetting instance using the specified properties.
         * @param [properties] Properties to set
         * @returns CheckpointSetting instance
         */
        static create(properties: gradwirecheckpoint.CheckpointSetting.$Shape): gradwirecheckpoint.CheckpointSetting & gradwirecheckpoint.CheckpointSetting.$Shape;
        static create(properties?: gradwirecheckpoint.CheckpointSetting.$Properties): gradwirecheckpoint.CheckpointSetting;

        /**
         * Encodes the specified CheckpointSetting message. Does not implicitly {@link gradwirecheckpoint.CheckpointSetting.verify|verify} messages.
         * @param message CheckpointSetting message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: gradwirecheckpoint.CheckpointSetting.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a CheckpointSetting message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {gradwirecheckpoint.CheckpointSetting & gradwirecheckpoint.CheckpointSetting.$Shape} CheckpointSetting
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): gradwirecheckpoint.CheckpointSetting & gradwirecheckpoint.CheckpointSetting.$Shape;
    }

    namespace CheckpointSetting {

        /** Properties of a CheckpointSetting. */
        interface $Properties {

            /** CheckpointSetting name */
            name?: (string|null);

            /** CheckpointSetting value */
            value?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a CheckpointSetting. */
        type $Shape = gradwirecheckpoint.CheckpointSetting.$Properties;
    }

    /**
     * Properties of a CheckpointPart.
     * @deprecated Use gradwirecheckpoint.CheckpointPart.$Properties instead.
     */
    interface ICheckpointPart extends gradwirecheckpoint.CheckpointPart.$Properties {
    }

    /** A file beside the manifest. */
    class CheckpointPart {

        /**
         * Constructs a new CheckpointPart.
         * @param [properties] Properties to set
         */
        constructor(properties?: gradwirecheckpoint.CheckpointPart.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** CheckpointPart name. */
        name: string;

        /** CheckpointPart bytes. */
        bytes: number;

        /** SHA-256 of the file, 32 bytes. */
        digest: Uint8Array;

        /**
         * Creates a new CheckpointPart instance using the specified properties.
         * @param [properties] Properties to set
         * @returns CheckpointPart instance
         */
        static create(properties: gradwirecheckpoint.CheckpointPart.$Shape): gradwirecheckpoint.CheckpointPart & gradwirecheckpoint.CheckpointPart.$Shape;
        static create(properties?: gradwirecheckpoint.CheckpointPart.$Properties): gradwirecheckpoint.CheckpointPart;

        /**
         * Encodes the specified CheckpointPart message. Does not implicitly {@link gradwirecheckpoint.CheckpointPart.verify|verify} messages.
         * @param message CheckpointPart message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: gradwirecheckpoint.CheckpointPart.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a CheckpointPart message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {gradwirecheckpoint.CheckpointPart & gradwirecheckpoint.CheckpointPart.$Shape} CheckpointPart
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): gradwirecheckpoint.CheckpointPart & gradwirecheckpoint.CheckpointPart.$Shape;
    }

    namespace CheckpointPart {

        /** Properties of a CheckpointPart. */
        interface $Properties {

            /** CheckpointPart name */
            name?: (string|null);

            /** CheckpointPart bytes */
            bytes?: (number|null);

            /** SHA-256 of the file, 32 bytes. */
            digest?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a CheckpointPart. */
        type $Shape = gradwirecheckpoint.CheckpointPart.$Properties;
    }
}
