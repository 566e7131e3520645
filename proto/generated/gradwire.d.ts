import * as $protobuf from "protobufjs/minimal.js";

/** Namespace gradwire. */
export namespace gradwire {

    /**
     * Properties of a PayloadHeader.
     * @deprecated Use gradwire.PayloadHeader.$Properties instead.
     */
    interface IPayloadHeader extends gradwire.PayloadHeader.$Properties {
    }

    /** Stands in front of every encoded gradient. */
    class PayloadHeader {

        /**
         * Constructs a new PayloadHeader.
         * @param [properties] Properties to set
         */
        constructor(properties?: gradwire.PayloadHeader.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Wire ids of the stages, in encoding order (proto/ids.ts). */
        codecIds: number[];

        /** Canonical codec spec: every parameter that decoding needs. */
        spec: string;

        /** Elements of the gradient. */
        length: number;

        /** Bytes behind the header. */
        bodyBytes: number;

        /** Lane checksum of the whole payload, this field taken as zero. */
        checksum: number;

        /** Finite values that were clipped to the range of a narrower format. */
        saturated: number;

        /** 64-bit key of the shared random stream; present exactly when decoding needs it. */
        keyLow?: (number|null);

        /** PayloadHeader keyHigh. */
        keyHigh?: (number|null);

        /**
         * Creates a new PayloadHeader instance using the specified properties.
         * @param [properties] Properties to set
         * @returns PayloadHeader instance
         */
        static create(properties: gradwire.PayloadHeader.$Shape): gradwire.PayloadHeader & gradwire.PayloadHeader.$Shape;
        static create(properties?: gradwire.PayloadHeader.$Properties): gradwire.PayloadHeader;

        /**
         * Encodes the specified PayloadHeader message. Does not implicitly {@link gradwire.PayloadHeader.verify|verify} messages.
         * @param message PayloadHeader message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: gradwire.PayloadHeader.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a PayloadHeader message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {gradwire.PayloadHeader & gradwire.PayloadHeader.$Shape} PayloadHeader
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): gradwire.PayloadHeader & gradwire.PayloadHeader.$Shape;
    }

    namespace PayloadHeader {

        /** Properties of a PayloadHeader. */
        interface $Properties {

            /** Wire ids of the stages, in encoding order (proto/ids.ts). */
            codecIds?: (number[]|null);

            /** Canonical codec spec: every parameter that decoding needs. */
            spec?: (string|null);

            /** Elements of the gradient. */
            length?: (number|null);

            /** Bytes behind the header. */
            bodyBytes?: (number|null);

            /** Lane checksum of the whole payload, this field taken as zero. */
            checksum?: (number|null);

            /** Finite values that were clipped to the range of a narrower format. */
            saturated?: (number|null);

            /** 64-bit key of the shared random stream; present exactly when decoding needs it. */
            keyLow?: (number|null);

            /** PayloadHeader keyHigh */
            keyHigh?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a PayloadHeader. */
        type $Shape = gradwire.PayloadHeader.$Properties;
    }

    /**
     * Properties of a FeedbackSnapshot.
     * @deprecated Use gradwire.FeedbackSnapshot.$Properties instead.
     */
    interface IFeedbackSnapshot extends gradwire.FeedbackSnapshot.$Properties {
    }

    /** What error feedback needs to go on after a restart. */
    class FeedbackSnapshot {

        /**
         * Constructs a new FeedbackSnapshot.
         * @param [properties] Properties to set
         */
        constructor(properties?: gradwire.FeedbackSnapshot.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** FeedbackSnapshot formatVersion. */
        formatVersion: number;

        /** FeedbackSnapshot spec. */
        spec: string;

        /** FeedbackSnapshot length. */
        length: number;

        /** Steps encoded so far; two halves of a 64-bit number. */
        stepLow: number;

        /** FeedbackSnapshot stepHigh. */
        stepHigh: number;

        /** Little-endian float32, `length` of them. */
        residual: Uint8Array;

        /** Lane checksum of `residual`, seeded with that of the step's eight bytes. */
        checksum: number;

        /**
         * Creates a new FeedbackSnapshot instance using the specified properties.
         * @param [properties] Properties to set
         * @returns FeedbackSnapshot instance
         */
        static create(properties: gradwire.FeedbackSnapshot.$Shape): gradwire.FeedbackSnapshot & gradwire.FeedbackSnapshot.$Shape;
        static create(properties?: gradwire.FeedbackSnapshot.$Properties): gradwire.FeedbackSnapshot;

        /**
         * Encodes the specified FeedbackSnapshot message. Does not implicitly {@link gradwire.FeedbackSnapshot.verify|verify} messages.
         * @param message FeedbackSnapshot message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: gradwire.FeedbackSnapshot.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a FeedbackSnapshot message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {gradwire.FeedbackSnapshot & gradwire.FeedbackSnapshot.$Shape} FeedbackSnapshot
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): gradwire.FeedbackSnapshot & gradwire.FeedbackSnapshot.$Shape;
    }

    namespace FeedbackSnapshot {

        /** Properties of a FeedbackSnapshot. */
        interface $Properties {

            /** FeedbackSnapshot formatVersion */
            formatVersion?: (number|null);

            /** FeedbackSnapshot spec */
            spec?: (string|null);

            /** FeedbackSnapshot length */
            length?: (number|null);

            /** Steps encoded so far; two halves of a 64-bit number. */
            stepLow?: (number|null);

            /** FeedbackSnapshot stepHigh */
            stepHigh?: (number|null);

            /** Little-endian float32, `length` of them. */
            residual?: (Uint8Array|null);

            /** Lane checksum of `residual`, seeded with that of the step's eight bytes. */
            checksum?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a FeedbackSnapshot. */
        type $Shape = gradwire.FeedbackSnapshot.$Properties;
    }
}
