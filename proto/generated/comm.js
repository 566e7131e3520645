/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

// Exported root namespace
const $root = $protobuf.roots["gradwire/comm"] || ($protobuf.roots["gradwire/comm"] = {});

export const gradwirecomm = $root.gradwirecomm = (() => {

    /**
     * Namespace gradwirecomm.
     * @exports gradwirecomm
     * @namespace
     */
    const gradwirecomm = {};

    gradwirecomm.Address = (function() {

        /**
         * Properties of an Address.
         * @typedef {Object} gradwirecomm.Address.$Properties
         * @property {string|null} [host] Address host
         * @property {number|null} [port] Address port
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Address.
         * @memberof gradwirecomm
         * @interface IAddress
         * @augments gradwirecomm.Address.$Properties
         * @deprecated Use gradwirecomm.Address.$Properties instead.
         */

        /**
         * Shape of an Address.
         * @typedef {gradwirecomm.Address.$Properties} gradwirecomm.Address.$Shape
         */

        /**
         * Constructs a new Address.
         * @memberof gradwirecomm
         * @classdesc Where a rank listens for its peers.
         * @constructor
         * @param {gradwirecomm.Address.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Address = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Address host.
         * @member {string} host
         * @memberof gradwirecomm.Address
         * @instance
         */
        Address.prototype.host = "";

        /**
         * Address port.
         * @member {number} port
         * @memberof gradwirecomm.Address
         * @instance
         */
        Address.prototype.port = 0;

        /**
         * Creates a new Address instance using the specified properties.
         * @function create
         * @memberof gradwirecomm.Address
         * @static
         * @param {gradwirecomm.Address.$Properties=} [properties] Properties to set
         * @returns {gradwirecomm.Address} Address instance
         * @type {{
         *   (properties: gradwirecomm.Address.$Shape): gradwirecomm.Address & gradwirecomm.Address.$Shape;
         *   (properties?: gradwirecomm.Address.$Properties): gradwirecomm.Address;
         * }}
         */
        Address.create = function(properties) {
            return new Address(properties);
        };

        /**
         * Encodes the specified Address message. Does not implicitly {@link gradwirecomm.Address.verify|verify} messages.
         * @function encode
         * @memberof gradwirecomm.Address
         * @static
         * @param {gradwirecomm.Address.$Properties} message Address message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Address.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.host != null && $Object.hasOwnProperty.call(message, "host") && message.host !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.host);
            if (message.port != null && $Object.hasOwnProperty.call(message, "port") && message.port !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.port);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Address message from the specified reader or buffer.
         * @function decode
         * @memberof gradwirecomm.Address
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {gradwirecomm.Address & gradwirecomm.Address.$Shape} Address
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Address.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.gradwirecomm.Address();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.host = value;
                        else
                            delete message.host;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.port = value;
                        else
                            delete message.port;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Address;
    })();

    gradwirecomm.Join = (function() {

        /**
         * Properties of a Join.
         * @typedef {Object} gradwirecomm.Join.$Properties
         * @property {string|null} [job] Join job
         * @property {number|null} [rank] Join rank
         * @property {number|null} [size] Join size
         * @property {gradwirecomm.Address.$Properties|null} [address] Join address
         * @property {number|null} [epoch] Generation of the group of ranks.
         * @property {boolean|null} [newcomer] A new process that wants to be let into a job that has begun; rank and size are to be given.
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Join.
         * @memberof gradwirecomm
         * @interface IJoin
         * @augments gradwirecomm.Join.$Properties
         * @deprecated Use gradwirecomm.Join.$Properties instead.
         */

        /**
         * Shape of a Join.
         * @typedef {gradwirecomm.Join.$Properties} gradwirecomm.Join.$Shape
         */

        /**
         * Constructs a new Join.
         * @memberof gradwirecomm
         * @classdesc A rank to the master (rank 0): here I am. Frame kind `join`.
         * @constructor
         * @param {gradwirecomm.Join.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Join = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Join job.
         * @member {string} job
         * @memberof gradwirecomm.Join
         * @instance
         */
        Join.prototype.job = "";

        /**
         * Join rank.
         * @member {number} rank
         * @memberof gradwirecomm.Join
         * @instance
         */
        Join.prototype.rank = 0;

        /**
         * Join size.
         * @member {number} size
         * @memberof gradwirecomm.Join
         * @instance
         */
        Join.prototype.size = 0;

        /**
         * Join address.
         * @member {gradwirecomm.Address.$Properties|null|undefined} address
         * @memberof gradwirecomm.Join
         * @instance
         */
        Join.prototype.address = null;

        /**
         * Generation of the group of ranks.
         * @member {number} epoch
         * @memberof gradwirecomm.Join
         * @instance
         */
        Join.prototype.epoch = 0;

        /**
         * A new process that wants to be let into a job that has begun; rank and size are to be given.
         * @member {boolean} newcomer
         * @memberof gradwirecomm.Join
         * @instance
         */
        Join.prototype.newcomer = false;

        /**
         * Creates a new Join instance using the specified properties.
         * @function create
         * @memberof gradwirecomm.Join
         * @static
         * @param {gradwirecomm.Join.$Properties=} [properties] Properties to set
         * @returns {gradwirecomm.Join} Join instance
         * @type {{
         *   (properties: gradwirecomm.Join.$Shape): gradwirecomm.Join & gradwirecomm.Join.$Shape;
         *   (properties?: gradwirecomm.Join.$Properties): gradwirecomm.Join;
         * }}
         */
        Join.create = function(properties) {
            return new Join(properties);
        };

        /**
         * Encodes the specified Join message. Does not implicitly {@link gradwirecomm.Join.verify|verify} messages.
         * @function encode
         * @memberof gradwirecomm.Join
         * @static
         * @param {gradwirecomm.Join.$Properties} message Join message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Join.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.job != null && $Object.hasOwnProperty.call(message, "job") && message.job !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.job);
            if (message.rank != null && $Object.hasOwnProperty.call(message, "rank") && message.rank !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.rank);
            if (message.size != null && $Object.hasOwnProperty.call(message, "size") && message.size !== 0)
                writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.size);
            if (message.address != null && $Object.hasOwnProperty.call(message, "address"))
                $root.gradwirecomm.Address.encode(message.address, writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
            if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch") && message.epoch !== 0)
                writer.uint32(/* id 5, wireType 5 =*/45).fixed32(message.epoch);
            if (message.newcomer != null && $Object.hasOwnProperty.call(message, "newcomer") && message.newcomer !== false)
                writer.uint32(/* id 6, wireType 0 =*/48).bool(message.newcomer);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Join message from the specified reader or buffer.
         * @function decode
         * @memberof gradwirecomm.Join
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {gradwirecomm.Join & gradwirecomm.Join.$Shape} Join
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Join.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.gradwirecomm.Join();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.job = value;
                        else
                            delete message.job;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.rank = value;
                        else
                            delete message.rank;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.size = value;
                        else
                            delete message.size;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        message.address = $root.gradwirecomm.Address.decode(reader, reader.size(), $undefined, _depth + 1, message.address);
                        continue;
                    }
                case 5: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.epoch = value;
                        else
                            delete message.epoch;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.newcomer = value;
                        else
                            delete message.newcomer;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Join;
    })();

    gradwirecomm.Roster = (function() {

        /**
         * Properties of a Roster.
         * @typedef {Object} gradwirecomm.Roster.$Properties
         * @property {Uint8Array|null} [meeting] Random bytes of this meeting; every later connection of the job repeats them.
         * @property {Array.<gradwirecomm.Address.$Properties>|null} [addresses] By rank.
         * @property {number|null} [rank] To a newcomer: its rank, the generation it joins, and what ranks the others had before.
         * @property {number|null} [epoch] Roster epoch
         * @property {Array.<number>|null} [members] Roster members
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Roster.
         * @memberof gradwirecomm
         * @interface IRoster
         * @augments gradwirecomm.Roster.$Properties
         * @deprecated Use gradwirecomm.Roster.$Properties instead.
         */

        /**
         * Shape of a Roster.
         * @typedef {gradwirecomm.Roster.$Properties} gradwirecomm.Roster.$Shape
         */

        /**
         * Constructs a new Roster.
         * @memberof gradwirecomm
         * @classdesc The master to every rank, once all have joined. Frame kind `roster`.
         * @constructor
         * @param {gradwirecomm.Roster.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Roster = function (properties) {
            this.addresses = [];
            this.members = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Random bytes of this meeting; every later connection of the job repeats them.
         * @member {Uint8Array} meeting
         * @memberof gradwirecomm.Roster
         * @instance
         */
        Roster.prototype.meeting = $util.newBuffer([]);

        /**
         * By rank.
         * @member {Array.<gradwirecomm.Address.$Properties>} addresses
         * @memberof gradwirecomm.Roster
         * @instance
         */
        Roster.prototype.addresses = $util.emptyArray;

        /**
         * To a newcomer: its rank, the generation it joins, and what ranks the others had before.
         * @member {number} rank
         * @memberof gradwirecomm.Roster
         * @instance
         */
        Roster.prototype.rank = 0;

        /**
         * Roster epoch.
         * @member {number} epoch
         * @memberof gradwirecomm.Roster
         * @instance
         */
        Roster.prototype.epoch = 0;

        /**
         * Roster members.
         * @member {Array.<number>} members
         * @memberof gradwirecomm.Roster
         * @instance
         */
        Roster.prototype.members = $util.emptyArray;

        /**
         * Creates a new Roster instance using the specified properties.
         * @function create
         * @memberof gradwirecomm.Roster
         * @static
         * @param {gradwirecomm.Roster.$Properties=} [properties] Properties to set
         * @returns {gradwirecomm.Roster} Roster instance
         * @type {{
         *   (properties: gradwirecomm.Roster.$Shape): gradwirecomm.Roster & gradwirecomm.Roster.$Shape;
         *   (properties?: gradwirecomm.Roster.$Properties): gradwirecomm.Roster;
         * }}
         */
        Roster.create = function(properties) {
            return new Roster(properties);
        };

        /**
         * Encodes the specified Roster message. Does not implicitly {@link gradwirecomm.Roster.verify|verify} messages.
         * @function encode
         * @memberof gradwirecomm.Roster
         * @static
         * @param {gradwirecomm.Roster.$Properties} message Roster message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Roster.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.meeting != null && $Object.hasOwnProperty.call(message, "meeting") && message.meeting.length)
                writer.uint32(/* id 1, wireType 2 =*/10).bytes(message.meeting);
            if (message.addresses != null && message.addresses.length)
                for (let i = 0; i < message.addresses.length; ++i)
                    $root.gradwirecomm.Address.encode(message.addresses[i], writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.rank != null && $Object.hasOwnProperty.call(message, "rank") && message.rank !== 0)
                writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.rank);
            if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch") && message.epoch !== 0)
                writer.uint32(/* id 4, wireType 5 =*/37).fixed32(message.epoch);
            if (message.members != null && message.members.length)
                writer.uint32(/* id 5, wireType 2 =*/42).uint32s(message.members);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Roster message from the specified reader or buffer.
         * @function decode
         * @memberof gradwirecomm.Roster
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {gradwirecomm.Roster & gradwirecomm.Roster.$Shape} Roster
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Roster.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.gradwirecomm.Roster();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.meeting = value;
                        else
                            delete message.meeting;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if (!(message.addresses && message.addresses.length))
                            message.addresses = [];
                        message.addresses.push($root.gradwirecomm.Address.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.rank = value;
                        else
                            delete message.rank;
                        continue;
                    }
                case 4: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.epoch = value;
                        else
                            delete message.epoch;
                        continue;
                    }
                case 5: {
                        if (wireType === 2) {
                            if (!(message.members && message.members.length))
                                message.members = [];
                            reader.uint32s(message.members);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.members && message.members.length))
                            message.members = [];
                        message.members.push(reader.uint32());
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Roster;
    })();

    gradwirecomm.Hello = (function() {

        /**
         * Properties of a Hello.
         * @typedef {Object} gradwirecomm.Hello.$Properties
         * @property {Uint8Array|null} [meeting] Hello meeting
         * @property {number|null} [rank] The rank that dials, and the rank it believes it has reached.
         * @property {number|null} [target] Hello target
         * @property {string|null} [job] Hello job
         * @property {number|null} [size] Hello size
         * @property {number|null} [epoch] Hello epoch
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Hello.
         * @memberof gradwirecomm
         * @interface IHello
         * @augments gradwirecomm.Hello.$Properties
         * @deprecated Use gradwirecomm.Hello.$Properties instead.
         */

        /**
         * Shape of a Hello.
         * @typedef {gradwirecomm.Hello.$Properties} gradwirecomm.Hello.$Shape
         */

        /**
         * Constructs a new Hello.
         * @memberof gradwirecomm
         * @classdesc Introduction on a connection between two ranks, by the one that dials. Frame kind `hello`.
         * @constructor
         * @param {gradwirecomm.Hello.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Hello = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Hello meeting.
         * @member {Uint8Array} meeting
         * @memberof gradwirecomm.Hello
         * @instance
         */
        Hello.prototype.meeting = $util.newBuffer([]);

        /**
         * The rank that dials, and the rank it believes it has reached.
         * @member {number} rank
         * @memberof gradwirecomm.Hello
         * @instance
         */
        Hello.prototype.rank = 0;

        /**
         * Hello target.
         * @member {number} target
         * @memberof gradwirecomm.Hello
         * @instance
         */
        Hello.prototype.target = 0;

        /**
         * Hello job.
         * @member {string} job
         * @memberof gradwirecomm.Hello
         * @instance
         */
        Hello.prototype.job = "";

        /**
         * Hello size.
         * @member {number} size
         * @memberof gradwirecomm.Hello
         * @instance
         */
        Hello.prototype.size = 0;

        /**
         * Hello epoch.
         * @member {number} epoch
         * @memberof gradwirecomm.Hello
         * @instance
         */
        Hello.prototype.epoch = 0;

        /**
         * Creates a new Hello instance using the specified properties.
         * @function create
         * @memberof gradwirecomm.Hello
         * @static
         * @param {gradwirecomm.Hello.$Properties=} [properties] Properties to set
         * @returns {gradwirecomm.Hello} Hello instance
         * @type {{
         *   (properties: gradwirecomm.Hello.$Shape): gradwirecomm.Hello & gradwirecomm.Hello.$Shape;
         *   (properties?: gradwirecomm.Hello.$Properties): gradwirecomm.Hello;
         * }}
         */
        Hello.create = function(properties) {
            return new Hello(properties);
        };

        /**
         * Encodes the specified Hello message. Does not implicitly {@link gradwirecomm.Hello.verify|verify} messages.
         * @function encode
         * @memberof gradwirecomm.Hello
         * @static
         * @param {gradwirecomm.Hello.$Properties} message Hello message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Hello.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.meeting != null && $Object.hasOwnProperty.call(message, "meeting") && message.meeting.length)
                writer.uint32(/* id 1, wireType 2 =*/10).bytes(message.meeting);
            if (message.rank != null && $Object.hasOwnProperty.call(message, "rank") && message.rank !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.rank);
            if (message.target != null && $Object.hasOwnProperty.call(message, "target") && message.target !== 0)
                writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.target);
            if (message.job != null && $Object.hasOwnProperty.call(message, "job") && message.job !== "")
                writer.uint32(/* id 4, wireType 2 =*/34).string(message.job);
            if (message.size != null && $Object.hasOwnProperty.call(message, "size") && message.size !== 0)
                writer.uint32(/* id 5, wireType 0 =*/40).uint32(message.size);
            if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch") && message.epoch !== 0)
                writer.uint32(/* id 6, wireType 5 =*/53).fixed32(message.epoch);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Hello message from the specified reader or buffer.
         * @function decode
         * @memberof gradwirecomm.Hello
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {gradwirecomm.Hello & gradwirecomm.Hello.$Shape} Hello
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Hello.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.gradwirecomm.Hello();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.meeting = value;
                        else
                            delete message.meeting;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.rank = value;
                        else
                            delete message.rank;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.target = value;
                        else
                            delete message.target;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.job = value;
                        else
                            delete message.job;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.size = value;
                        else
                            delete message.size;
                        continue;
                    }
                case 6: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.epoch = value;
                        else
                            delete message.epoch;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Hello;
    })();

    gradwirecomm.Refusal = (function() {

        /**
         * Properties of a Refusal.
         * @typedef {Object} gradwirecomm.Refusal.$Properties
         * @property {string|null} [code] Refusal code
         * @property {string|null} [text] Refusal text
         * @property {Array.<number>|null} [missing] Ranks that did not arrive.
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Refusal.
         * @memberof gradwirecomm
         * @interface IRefusal
         * @augments gradwirecomm.Refusal.$Properties
         * @deprecated Use gradwirecomm.Refusal.$Properties instead.
         */

        /**
         * Shape of a Refusal.
         * @typedef {gradwirecomm.Refusal.$Properties} gradwirecomm.Refusal.$Shape
         */

        /**
         * Constructs a new Refusal.
         * @memberof gradwirecomm
         * @classdesc Why a join or a hello was turned away, or the meeting failed. Frame kind `refuse`.
         * @constructor
         * @param {gradwirecomm.Refusal.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Refusal = function (properties) {
            this.missing = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Refusal code.
         * @member {string} code
         * @memberof gradwirecomm.Refusal
         * @instance
         */
        Refusal.prototype.code = "";

        /**
         * Refusal text.
         * @member {string} text
         * @memberof gradwirecomm.Refusal
         * @instance
         */
        Refusal.prototype.text = "";

        /**
         * Ranks that did not arrive.
         * @member {Array.<number>} missing
         * @memberof gradwirecomm.Refusal
         * @instance
         */
        Refusal.prototype.missing = $util.emptyArray;

        /**
         * Creates a new Refusal instance using the specified properties.
         * @function create
         * @memberof gradwirecomm.Refusal
         * @static
         * @param {gradwirecomm.Refusal.$Properties=} [properties] Properties to set
         * @returns {gradwirecomm.Refusal} Refusal instance
         * @type {{
         *   (properties: gradwirecomm.Refusal.$Shape): gradwirecomm.Refusal & gradwirecomm.Refusal.$Shape;
         *   (properties?: gradwirecomm.Refusal.$Properties): gradwirecomm.Refusal;
         * }}
         */
        Refusal.create = function(properties) {
            return new Refusal(properties);
        };

        /**
         * Encodes the specified Refusal message. Does not implicitly {@link gradwirecomm.Refusal.verify|verify} messages.
         * @function encode
         * @memberof gradwirecomm.Refusal
         * @static
         * @param {gradwirecomm.Refusal.$Properties} message Refusal message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Refusal.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.code != null && $Object.hasOwnProperty.call(message, "code") && message.code !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.code);
            if (message.text != null && $Object.hasOwnProperty.call(message, "text") && message.text !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.text);
            if (message.missing != null && message.missing.length)
                writer.uint32(/* id 3, wireType 2 =*/26).uint32s(message.missing);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Refusal message from the specified reader or buffer.
         * @function decode
         * @memberof gradwirecomm.Refusal
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {gradwirecomm.Refusal & gradwirecomm.Refusal.$Shape} Refusal
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Refusal.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.gradwirecomm.Refusal();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.code = value;
                        else
                            delete message.code;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.text = value;
                        else
                            delete message.text;
                        continue;
                    }
                case 3: {
                        if (wireType === 2) {
                            if (!(message.missing && message.missing.length))
                                message.missing = [];
                            reader.uint32s(message.missing);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.missing && message.missing.length))
                            message.missing = [];
                        message.missing.push(reader.uint32());
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Refusal;
    })();

    gradwirecomm.Regroup = (function() {

        /**
         * Properties of a Regroup.
         * @typedef {Object} gradwirecomm.Regroup.$Properties
         * @property {gradwirecomm.Regroup.Stage|null} [stage] Regroup stage
         * @property {number|null} [round] Of a proposal; higher ones prevail.
         * @property {Array.<number>|null} [members] Ranks, ascending.
         * @property {gradwirecomm.Address.$Properties|null} [address] Of the sender, in stage `READY`.
         * @property {Array.<gradwirecomm.Address.$Properties>|null} [addresses] Of the members, in stage `COMMIT`, then of newcomers, who get the ranks behind theirs.
         * @property {Uint8Array|null} [meeting] Random bytes that the new connections repeat, in stage `COMMIT`.
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Regroup.
         * @memberof gradwirecomm
         * @interface IRegroup
         * @augments gradwirecomm.Regroup.$Properties
         * @deprecated Use gradwirecomm.Regroup.$Properties instead.
         */

        /**
         * Shape of a Regroup.
         * @typedef {gradwirecomm.Regroup.$Properties} gradwirecomm.Regroup.$Shape
         */

        /**
         * Constructs a new Regroup.
         * @memberof gradwirecomm
         * @classdesc Survivors of a failure agree on who they are (src/collective/regroup.ts). Frame kind `regroup`.
         * @constructor
         * @param {gradwirecomm.Regroup.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Regroup = function (properties) {
            this.members = [];
            this.addresses = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Regroup stage.
         * @member {gradwirecomm.Regroup.Stage} stage
         * @memberof gradwirecomm.Regroup
         * @instance
         */
        Regroup.prototype.stage = 0;

        /**
         * Of a proposal; higher ones prevail.
         * @member {number} round
         * @memberof gradwirecomm.Regroup
         * @instance
         */
        Regroup.prototype.round = 0;

        /**
         * Ranks, ascending.
         * @member {Array.<number>} members
         * @memberof gradwirecomm.Regroup
         * @instance
         */
        Regroup.prototype.members = $util.emptyArray;

        /**
         * Of the sender, in stage `READY`.
         * @member {gradwirecomm.Address.$Properties|null|undefined} address
         * @memberof gradwirecomm.Regroup
         * @instance
         */
        Regroup.prototype.address = null;

        /**
         * Of the members, in stage `COMMIT`, then of newcomers, who get the ranks behind theirs.
         * @member {Array.<gradwirecomm.Address.$Properties>} addresses
         * @memberof gradwirecomm.Regroup
         * @instance
         */
        Regroup.prototype.addresses = $util.emptyArray;

        /**
         * Random bytes that the new connections repeat, in stage `COMMIT`.
         * @member {Uint8Array} meeting
         * @memberof gradwirecomm.Regroup
         * @instance
         */
        Regroup.prototype.meeting = $util.newBuffer([]);

        /**
         * Creates a new Regroup instance using the specified properties.
         * @function create
         * @memberof gradwirecomm.Regroup
         * @static
         * @param {gradwirecomm.Regroup.$Properties=} [properties] Properties to set
         * @returns {gradwirecomm.Regroup} Regroup instance
         * @type {{
         *   (properties: gradwirecomm.Regroup.$Shape): gradwirecomm.Regroup & gradwirecomm.Regroup.$Shape;
         *   (properties?: gradwirecomm.Regroup.$Properties): gradwirecomm.Regroup;
         * }}
         */
        Regroup.create = function(properties) {
            return new Regroup(properties);
        };

        /**
         * Encodes the specified Regroup message. Does not implicitly {@link gradwirecomm.Regroup.verify|verify} messages.
         * @function encode
         * @memberof gradwirecomm.Regroup
         * @static
         * @param {gradwirecomm.Regroup.$Properties} message Regroup message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Regroup.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.stage != null && $Object.hasOwnProperty.call(message, "stage") && message.stage !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).int32(message.stage);
            if (message.round != null && $Object.hasOwnProperty.call(message, "round") && message.round !== 0)
                writer.uint32(/* id 2, wireType 5 =*/21).fixed32(message.round);
            if (message.members != null && message.members.length)
                writer.uint32(/* id 3, wireType 2 =*/26).uint32s(message.members);
            if (message.address != null && $Object.hasOwnProperty.call(message, "address"))
                $root.gradwirecomm.Address.encode(message.address, writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
            if (message.addresses != null && message.addresses.length)
                for (let i = 0; i < message.addresses.length; ++i)
                    $root.gradwirecomm.Address.encode(message.addresses[i], writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
            if (message.meeting != null && $Object.hasOwnProperty.call(message, "meeting") && message.meeting.length)
                writer.uint32(/* id 6, wireType 2 =*/50).bytes(message.meeting);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Regroup message from the specified reader or buffer.
         * @function decode
         * @memberof gradwirecomm.Regroup
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {gradwirecomm.Regroup & gradwirecomm.Regroup.$Shape} Regroup
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Regroup.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.gradwirecomm.Regroup();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.stage = value;
                        else
                            delete message.stage;
                        continue;
                    }
                case 2: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.round = value;
                        else
                            delete message.round;
                        continue;
                    }
                case 3: {
                        if (wireType === 2) {
                            if (!(message.members && message.members.length))
                                message.members = [];
                            reader.uint32s(message.members);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.members && message.members.length))
                            message.members = [];
                        message.members.push(reader.uint32());
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        message.address = $root.gradwirecomm.Address.decode(reader, reader.size(), $undefined, _depth + 1, message.address);
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if (!(message.addresses && message.addresses.length))
                            message.addresses = [];
                        message.addresses.push($root.gradwirecomm.Address.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.meeting = value;
                        else
                            delete message.meeting;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Stage enum.
         * @name gradwirecomm.Regroup.Stage
         * @enum {number}
         * @property {number} READY=0 I want to go on; here are those I can still reach, and where I listen.
         * @property {number} PREPARE=1 Shall we go on as these members?
         * @property {number} PROMISE=2 I take part in no proposal of a lower round.
         * @property {number} COMMIT=3 We go on as these members.
         * @property {number} EVICT=4 The others go on without you.
         */
        Regroup.Stage = (function() {
            const valuesById = $Object.create(null), values = $Object.create(valuesById);
            values[valuesById[0] = "READY"] = 0;
            values[valuesById[1] = "PREPARE"] = 1;
            values[valuesById[2] = "PROMISE"] = 2;
            values[valuesById[3] = "COMMIT"] = 3;
            values[valuesById[4] = "EVICT"] = 4;
            return values;
        })();

        return Regroup;
    })();

    gradwirecomm.Abort = (function() {

        /**
         * Properties of an Abort.
         * @typedef {Object} gradwirecomm.Abort.$Properties
         * @property {string|null} [code] Stable code of the error.
         * @property {string|null} [text] Abort text
         * @property {number|null} [origin] The rank where the error arose; a rank that passes the message on keeps it.
         * @property {Array.<number>|null} [ranks] Lost peers, or the ranks a timed-out operation was waiting for.
         * @property {number|null} [operation] The operation it happened in, its number and its name; 0 and empty outside any.
         * @property {string|null} [operationName] Abort operationName
         * @property {boolean|null} [inside] The sender was itself inside that operation.
         * @property {number|null} [context] The communicator the operation belongs to; 0 for that of the job.
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Abort.
         * @memberof gradwirecomm
         * @interface IAbort
         * @augments gradwirecomm.Abort.$Properties
         * @deprecated Use gradwirecomm.Abort.$Properties instead.
         */

        /**
         * Shape of an Abort.
         * @typedef {gradwirecomm.Abort.$Properties} gradwirecomm.Abort.$Shape
         */

        /**
         * Constructs a new Abort.
         * @memberof gradwirecomm
         * @classdesc A rank has failed or given up. Frame kind `abort`.
         * @constructor
         * @param {gradwirecomm.Abort.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Abort = function (properties) {
            this.ranks = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Stable code of the error.
         * @member {string} code
         * @memberof gradwirecomm.Abort
         * @instance
         */
        Abort.prototype.code = "";

        /**
         * Abort text.
         * @member {string} text
         * @memberof gradwirecomm.Abort
         * @instance
         */
        Abort.prototype.text = "";

        /**
         * The rank where the error arose; a rank that passes the message on keeps it.
         * @member {number} origin
         * @memberof gradwirecomm.Abort
         * @instance
         */
        Abort.prototype.origin = 0;

        /**
         * Lost peers, or the ranks a timed-out operation was waiting for.
         * @member {Array.<number>} ranks
         * @memberof gradwirecomm.Abort
         * @instance
         */
        Abort.prototype.ranks = $util.emptyArray;

        /**
         * The operation it happened in, its number and its name; 0 and empty outside any.
         * @member {number} operation
         * @memberof gradwirecomm.Abort
         * @instance
         */
        Abort.prototype.operation = 0;

        /**
         * Abort operationName.
         * @member {string} operationName
         * @memberof gradwirecomm.Abort
         * @instance
         */
        Abort.prototype.operationName = "";

        /**
         * The sender was itself inside that operation.
         * @member {boolean} inside
         * @memberof gradwirecomm.Abort
         * @instance
         */
        Abort.prototype.inside = false;

        /**
         * The communicator the operation belongs to; 0 for that of the job.
         * @member {number} context
         * @memberof gradwirecomm.Abort
         * @instance
         */
        Abort.prototype.context = 0;

        /**
         * Creates a new Abort instance using the specified properties.
         * @function create
         * @memberof gradwirecomm.Abort
         * @static
         * @param {gradwirecomm.Abort.$Properties=} [properties] Properties to set
         * @returns {gradwirecomm.Abort} Abort instance
         * @type {{
         *   (properties: gradwirecomm.Abort.$Shape): gradwirecomm.Abort & gradwirecomm.Abort.$Shape;
         *   (properties?: gradwirecomm.Abort.$Properties): gradwirecomm.Abort;
         * }}
         */
        Abort.create = function(properties) {
            return new Abort(properties);
        };

        /**
         * Encodes the specified Abort message. Does not implicitly {@link gradwirecomm.Abort.verify|verify} messages.
         * @function encode
         * @memberof gradwirecomm.Abort
         * @static
         * @param {gradwirecomm.Abort.$Properties} message Abort message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Abort.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.code != null && $Object.hasOwnProperty.call(message, "code") && message.code !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.code);
            if (message.text != null && $Object.hasOwnProperty.call(message, "text") && message.text !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.text);
            if (message.origin != null && $Object.hasOwnProperty.call(message, "origin") && message.origin !== 0)
                writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.origin);
            if (message.ranks != null && message.ranks.length)
                writer.uint32(/* id 4, wireType 2 =*/34).uint32s(message.ranks);
            if (message.operation != null && $Object.hasOwnProperty.call(message, "operation") && message.operation !== 0)
                writer.uint32(/* id 5, wireType 5 =*/45).fixed32(message.operation);
            if (message.operationName != null && $Object.hasOwnProperty.call(message, "operationName") && message.operationName !== "")
                writer.uint32(/* id 6, wireType 2 =*/50).string(message.operationName);
            if (message.inside != null && $Object.hasOwnProperty.call(message, "inside") && message.inside !== false)
                writer.uint32(/* id 7, wireType 0 =*/56).bool(message.inside);
            if (message.context != null && $Object.hasOwnProperty.call(message, "context") && message.context !== 0)
                writer.uint32(/* id 8, wireType 5 =*/69).fixed32(message.context);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Abort message from the specified reader or buffer.
         * @function decode
         * @memberof gradwirecomm.Abort
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {gradwirecomm.Abort & gradwirecomm.Abort.$Shape} Abort
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Abort.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.gradwirecomm.Abort();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.code = value;
                        else
                            delete message.code;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.text = value;
                        else
                            delete message.text;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.origin = value;
                        else
                            delete message.origin;
                        continue;
                    }
                case 4: {
                        if (wireType === 2) {
                            if (!(message.ranks && message.ranks.length))
                                message.ranks = [];
                            reader.uint32s(message.ranks);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.ranks && message.ranks.length))
                            message.ranks = [];
                        message.ranks.push(reader.uint32());
                        continue;
                    }
                case 5: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.operation = value;
                        else
                            delete message.operation;
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.operationName = value;
                        else
                            delete message.operationName;
                        continue;
                    }
                case 7: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.inside = value;
                        else
                            delete message.inside;
                        continue;
                    }
                case 8: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.context = value;
                        else
                            delete message.context;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Abort;
    })();

    return gradwirecomm;
})();

export {
  $root as default
};
