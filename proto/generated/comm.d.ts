import * as $protobuf from "protobufjs/minimal.js";

/** Namespace gradwirecomm. */
export namespace gradwirecomm {

    /**
     * Properties of an Address.
     * @deprecated Use gradwirecomm.Address.$Properties instead.
     */
    interface IAddress extends gradwirecomm.Address.$Properties {
    }

    /** Where a rank listens for its peers. */
    class Address {

        /**
         * Constructs a new Address.
         * @param [properties] Properties to set
         */
        constructor(properties?: gradwirecomm.Address.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Address host. */
        host: string;

        /** Address port. */
        port: number;

        /**
         * Creates a new Address instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Address instance
         */
        static create(properties: gradwirecomm.Address.$Shape): gradwirecomm.Address & gradwirecomm.Address.$Shape;
        static create(properties?: gradwirecomm.Address.$Properties): gradwirecomm.Address;

        /**
         * Encodes the specified Address message. Does not implicitly {@link gradwirecomm.Address.verify|verify} messages.
         * @param message Address message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: gradwirecomm.Address.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Address message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {gradwirecomm.Address & gradwirecomm.Address.$Shape} Address
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): gradwirecomm.Address & gradwirecomm.Address.$Shape;
    }

    namespace Address {

        /** Properties of an Address. */
        interface $Properties {

            /** Address host */
            host?: (string|null);

            /** Address port */
            port?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Address. */
        type $Shape = gradwirecomm.Address.$Properties;
    }

    /**
     * Properties of a Join.
     * @deprecated Use gradwirecomm.Join.$Properties instead.
     */
    interface IJoin extends gradwirecomm.Join.$Properties {
    }

    /** A rank to the master (rank 0): here I am. Frame kind `join`. */
    class Join {

        /**
         * Constructs a new Join.
         * @param [properties] Properties to set
         */
        constructor(properties?: gradwirecomm.Join.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Join job. */
        job: string;

        /** Join rank. */
        rank: number;

        /** Join size. */
        size: number;

        /** Join address. */
        address?: (gradwirecomm.Address.$Properties|null);

        /** Generation of the group of ranks. */
        epoch: number;

        /** A new process that wants to be let into a job that has begun; rank and size are to be given. */
        newcomer: boolean;

        /**
         * Creates a new Join instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Join instance
         */
        static create(properties: gradwirecomm.Join.$Shape): gradwirecomm.Join & gradwirecomm.Join.$Shape;
        static create(properties?: gradwirecomm.Join.$Properties): gradwirecomm.Join;

        /**
         * Encodes the specified Join message. Does not implicitly {@link gradwirecomm.Join.verify|verify} messages.
         * @param message Join message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: gradwirecomm.Join.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Join message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {gradwirecomm.Join & gradwirecomm.Join.$Shape} Join
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): gradwirecomm.Join & gradwirecomm.Join.$Shape;
    }

    namespace Join {

        /** Properties of a Join. */
        interface $Properties {

            /** Join job */
            job?: (string|null);

            /** Join rank */
            rank?: (number|null);

            /** Join size */
            size?: (number|null);

            /** Join address */
            address?: (gradwirecomm.Address.$Properties|null);

            /** Generation of the group of ranks. */
            epoch?: (number|null);

            /** A new process that wants to be let into a job that has begun; rank and size are to be given. */
            newcomer?: (boolean|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Join. */
        type $Shape = gradwirecomm.Join.$Properties;
    }

    /**
     * Properties of a Roster.
     * @deprecated Use gradwirecomm.Roster.$Properties instead.
     */
    interface IRoster extends gradwirecomm.Roster.$Properties {
    }

    /** The master to every rank, once all have joined. Frame kind `roster`. */
    class Roster {

        /**
         * Constructs a new Roster.
         * @param [properties] Properties to set
         */
        constructor(properties?: gradwirecomm.Roster.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Random bytes of this meeting; every later connection of the job repeats them. */
        meeting: Uint8Array;

        /** By rank. */
        addresses: gradwirecomm.Address.$Properties[];

        /** To a newcomer: its rank, the generation it joins, and what ranks the others had before. */
        rank: number;

        /** Roster epoch. */
        epoch: number;

        /** Roster members. */
        members: number[];

        /**
         * Creates a new Roster instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Roster instance
         */
        static create(properties: gradwirecomm.Roster.$Shape): gradwirecomm.Roster & gradwirecomm.Roster.$Shape;
        static create(properties?: gradwirecomm.Roster.$Properties): gradwirecomm.Roster;

        /**
         * Encodes the specified Roster message. Does not implicitly {@link gradwirecomm.Roster.verify|verify} messages.
         * @param message Roster message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: gradwirecomm.Roster.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Roster message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {gradwirecomm.Roster & gradwirecomm.Roster.$Shape} Roster
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): gradwirecomm.Roster & gradwirecomm.Roster.$Shape;
    }

    namespace Roster {

        /** Properties of a Roster. */
        interface $Properties {

            /** Random bytes of this meeting; every later connection of the job repeats them. */
            meeting?: (Uint8Array|null);

            /** By rank. */
            addresses?: (gradwirecomm.Address.$Properties[]|null);

            /** To a newcomer: its rank, the generation it joins, and what ranks the others had before. */
            rank?: (number|null);

            /** Roster epoch */
            epoch?: (number|null);

            /** Roster members */
            members?: (number[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Roster. */
        type $Shape = gradwirecomm.Roster.$Properties;
    }

    /**
     * Properties of a Hello.
     * @deprecated Use gradwirecomm.Hello.$Properties instead.
     */
    interface IHello extends gradwirecomm.Hello.$Properties {
    }

    /** Introduction on a connection between two ranks, by the one that dials. Frame kind `hello`. */
    class Hello {

        /**
         * Constructs a new Hello.
         * @param [properties] Properties to set
         */
        constructor(properties?: gradwirecomm.Hello.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Hello meeting. */
        meeting: Uint8Array;

        /** The rank that dials, and the rank it believes it has reached. */
        rank: number;

        /** Hello target. */
        target: number;

        /** Hello job. */
        job: string;

        /** Hello size. */
        size: number;

        /** Hello epoch. */
        epoch: number;

        /**
         * Creates a new Hello instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Hello instance
         */
        static create(properties: gradwirecomm.Hello.$Shape): gradwirecomm.Hello & gradwirecomm.Hello.$Shape;
        static create(properties?: gradwirecomm.Hello.$Properties): gradwirecomm.Hello;

        /**
         * Encodes the specified Hello message. Does not implicitly {@link gradwirecomm.Hello.verify|verify} messages.
         * @param message Hello message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: gradwirecomm.Hello.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Hello message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {gradwirecomm.Hello & gradwirecomm.Hello.$Shape} Hello
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): gradwirecomm.Hello & gradwirecomm.Hello.$Shape;
    }

    namespace Hello {

        /** Properties of a Hello. */
        interface $Properties {

            /** Hello meeting */
            meeting?: (Uint8Array|null);

            /** The rank that dials, and the rank it believes it has reached. */
            rank?: (number|null);

            /** Hello target */
            target?: (number|null);

            /** Hello job */
            job?: (string|null);

            /** Hello size */
            size?: (number|null);

            /** Hello epoch */
            epoch?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Hello. */
        type $Shape = gradwirecomm.Hello.$Properties;
    }

    /**
     * Properties of a Refusal.
     * @deprecated Use gradwirecomm.Refusal.$Properties instead.
     */
    interface IRefusal extends gradwirecomm.Refusal.$Properties {
    }

    /** Why a join or a hello was turned away, or the meeting failed. Frame kind `refuse`. */
    class Refusal {

        /**
         * Constructs a new Refusal.
         * @param [properties] Properties to set
         */
        constructor(properties?: gradwirecomm.Refusal.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Refusal code. */
        code: string;

        /** Refusal text. */
        text: string;

        /** Ranks that did not arrive. */
        missing: number[];

        /**
         * Creates a new Refusal instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Refusal instance
         */
        static create(properties: gradwirecomm.Refusal.$Shape): gradwirecomm.Refusal & gradwirecomm.Refusal.$Shape;
        static create(properties?: gradwirecomm.Refusal.$Properties): gradwirecomm.Refusal;

        /**
         * Encodes the specified Refusal message. Does not implicitly {@link gradwirecomm.Refusal.verify|verify} messages.
         * @param message Refusal message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: gradwirecomm.Refusal.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Refusal message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {gradwirecomm.Refusal & gradwirecomm.Refusal.$Shape} Refusal
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): gradwirecomm.Refusal & gradwirecomm.Refusal.$Shape;
    }

    namespace Refusal {

        /** Properties of a Refusal. */
        interface $Properties {

            /** Refusal code */
            code?: (string|null);

            /** Refusal text */
            text?: (string|null);

            /** Ranks that did not arrive. */
            missing?: (number[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Refusal. */
        type $Shape = gradwirecomm.Refusal.$Properties;
    }

    /**
     * Properties of a Regroup.
     * @deprecated Use gradwirecomm.Regroup.$Properties instead.
     */
    interface IRegroup extends gradwirecomm.Regroup.$Properties {
    }

    /** Survivors of a failure agree on who they are (src/collective/regroup.ts). Frame kind `regroup`. */
    class Regroup {

        /**
         * Constructs a new Regroup.
         * @param [properties] Properties to set
         */
        constructor(properties?: gradwirecomm.Regroup.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Regroup stage. */
        stage: gradwirecomm.Regroup.Stage;

        /** Of a proposal; higher ones prevail. */
        round: number;

        /** Ranks, ascending. */
        members: number[];

        /** Of the sender, in stage `READY`. */
        address?: (gradwirecomm.Address.$Properties|null);

        /** Of the members, in stage `COMMIT`, then of newcomers, who get the ranks behind theirs. */
        addresses: gradwirecomm.Address.$Properties[];

        /** Random bytes that the new connections repeat, in stage `COMMIT`. */
        meeting: Uint8Array;

        /**
         * Creates a new Regroup instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Regroup instance
         */
        static create(properties: gradwirecomm.Regroup.$Shape): gradwirecomm.Regroup & gradwirecomm.Regroup.$Shape;
        static create(properties?: gradwirecomm.Regroup.$Properties): gradwirecomm.Regroup;

        /**
         * Encodes the specified Regroup message. Does not implicitly {@link gradwirecomm.Regroup.verify|verify} messages.
         * @param message Regroup message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: gradwirecomm.Regroup.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Regroup message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {gradwirecomm.Regroup & gradwirecomm.Regroup.$Shape} Regroup
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): gradwirecomm.Regroup & gradwirecomm.Regroup.$Shape;
    }

    namespace Regroup {

        /** Properties of a Regroup. */
        interface $Properties {

            /** Regroup stage */
            stage?: (gradwirecomm.Regroup.Stage|null);

            /** Of a proposal; higher ones prevail. */
            round?: (number|null);

            /** Ranks, ascending. */
            members?: (number[]|null);

            /** Of the sender, in stage `READY`. */
            address?: (gradwirecomm.Address.$Properties|null);

            /** Of the members, in stage `COMMIT`, then of newcomers, who get the ranks behind theirs. */
            addresses?: (gradwirecomm.Address.$Properties[]|null);

            /** Random bytes that the new connections repeat, in stage `COMMIT`. */
            meeting?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Regroup. */
        type $Shape = gradwirecomm.Regroup.$Properties;

        /** Stage enum. */
        enum Stage {

            /** I want to go on; here are those I can still reach, and where I listen. */
            READY = 0,

            /** Shall we go on as these members? */
            PREPARE = 1,

            /** I take part in no proposal of a lower round. */
            PROMISE = 2,

            /** We go on as these members. */
            COMMIT = 3,

            /** The others go on without you. */
            EVICT = 4
        }
    }

    /**
     * Properties of an Abort.
     * @deprecated Use gradwirecomm.Abort.$Properties instead.
     */
    interface IAbort extends gradwirecomm.Abort.$Properties {
    }

    /** A rank has failed or given up. Frame kind `abort`. */
    class Abort {

        /**
         * Constructs a new Abort.
         * @param [properties] Properties to set
         */
        constructor(properties?: gradwirecomm.Abort.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Stable code of the error. */
        code: string;

        /** Abort text. */
        text: string;

        /** The rank where the error arose; a rank that passes the message on keeps it. */
        origin: number;

        /** Lost peers, or the ranks a timed-out operation was waiting for. */
        ranks: number[];

        /** The operation it happened in, its number and its name; 0 and empty outside any. */
        operation: number;

        /** Abort operationName. */
        operationName: string;

        /** The sender was itself inside that operation. */
        inside: boolean;

        /** The communicator the operation belongs to; 0 for that of the job. */
        context: number;

        /**
         * Creates a new Abort instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Abort instance
         */
        static create(properties: gradwirecomm.Abort.$Shape): gradwirecomm.Abort & gradwirecomm.Abort.$Shape;
        static create(properties?: gradwirecomm.Abort.$Properties): gradwirecomm.Abort;

        /**
         * Encodes the specified Abort message. Does not implicitly {@link gradwirecomm.Abort.verify|verify} messages.
         * @param message Abort message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: gradwirecomm.Abort.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Abort message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {gradwirecomm.Abort & gradwirecomm.Abort.$Shape} Abort
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): gradwirecomm.Abort & gradwirecomm.Abort.$Shape;
    }

    namespace Abort {

        /** Properties of an Abort. */
        interface $Properties {

            /** Stable code of the error. */
            code?: (string|null);

            /** Abort text */
            text?: (string|null);

            /** The rank where the error arose; a rank that passes the message on keeps it. */
            origin?: (number|null);

            /** Lost peers, or the ranks a timed-out operation was waiting for. */
            ranks?: (number[]|null);

            /** The operation it happened in, its number and its name; 0 and empty outside any. */
            operation?: (number|null);

            /** Abort operationName */
            operationName?: (string|null);

            /** The sender was itself inside that operation. */
            inside?: (boolean|null);

            /** The communicator the operation belongs to; 0 for that of the job. */
            context?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Abort. */
        type $Shape = gradwirecomm.Abort.$Properties;
    }
}
