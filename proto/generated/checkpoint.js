/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

// Exported root namespace
const $root = $protobuf.roots["gradwire/checkpoint"] || ($protobuf.roots["gradwire/checkpoint"] = {});

export const gradwirecheckpoint = $root.gradwirecheckpoint = (() => {

    /**
     * Namespace gradwirecheckpoint.
     * @exports gradwirecheckpoint
     * @namespace
     */
    const gradwirecheckpoint = {};

    gradwirecheckpoint.ExchangeSnapshot = (function() {

        /**
         * Properties of an ExchangeSnapshot.
         * @typedef {Object} gradwirecheckpoint.ExchangeSnapshot.$Properties
         * @property {number|null} [formatVersion] ExchangeSnapshot formatVersion
         * @property {string|null} [spec] Canonical spec of the codec for tensors without a rule.
         * @property {number|null} [rank] ExchangeSnapshot rank
         * @property {number|null} [size] ExchangeSnapshot size
         * @property {number|null} [seed] ExchangeSnapshot seed
         * @property {string|null} [layout] Digest of the layout; empty before there is one.
         * @property {number|null} [length] Elements of the gradient.
         * @property {number|null} [step] Exchanges so far.
         * @property {gradwirecheckpoint.ExchangeTotals.$Properties|null} [totals] ExchangeSnapshot totals
         * @property {Array.<gradwirecheckpoint.UnitSnapshot.$Properties>|null} [units] In flat order.
         * @property {number|null} [checksum] ExchangeSnapshot checksum
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an ExchangeSnapshot.
         * @memberof gradwirecheckpoint
         * @interface IExchangeSnapshot
         * @augments gradwirecheckpoint.ExchangeSnapshot.$Properties
         * @deprecated Use gradwirecheckpoint.ExchangeSnapshot.$Properties instead.
         */

        /**
         * Shape of an ExchangeSnapshot.
         * @typedef {gradwirecheckpoint.ExchangeSnapshot.$Properties} gradwirecheckpoint.ExchangeSnapshot.$Shape
         */

        /**
         * Constructs a new ExchangeSnapshot.
         * @memberof gradwirecheckpoint
         * @classdesc What one rank's exchange needs to go on.
         * @constructor
         * @param {gradwirecheckpoint.ExchangeSnapshot.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const ExchangeSnapshot = function (properties) {
            this.units = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * ExchangeSnapshot formatVersion.
         * @member {number} formatVersion
         * @memberof gradwirecheckpoint.ExchangeSnapshot
         * @instance
         */
        ExchangeSnapshot.prototype.formatVersion = 0;

        /**
         * Canonical spec of the codec for tensors without a rule.
         * @member {string} spec
         * @memberof gradwirecheckpoint.ExchangeSnapshot
         * @instance
         */
        ExchangeSnapshot.prototype.spec = "";

        /**
         * ExchangeSnapshot rank.
         * @member {number} rank
         * @memberof gradwirecheckpoint.ExchangeSnapshot
         * @instance
         */
        ExchangeSnapshot.prototype.rank = 0;

        /**
         * ExchangeSnapshot size.
         * @member {number} size
         * @memberof gradwirecheckpoint.ExchangeSnapshot
         * @instance
         */
        ExchangeSnapshot.prototype.size = 0;

        /**
         * ExchangeSnapshot seed.
         * @member {number} seed
         * @memberof gradwirecheckpoint.ExchangeSnapshot
         * @instance
         */
        ExchangeSnapshot.prototype.seed = 0;

        /**
         * Digest of the layout; empty before there is one.
         * @member {string} layout
         * @memberof gradwirecheckpoint.ExchangeSnapshot
         * @instance
         */
        ExchangeSnapshot.prototype.layout = "";

        /**
         * Elements of the gradient.
         * @member {number} length
         * @memberof gradwirecheckpoint.ExchangeSnapshot
         * @instance
         */
        ExchangeSnapshot.prototype.length = 0;

        /**
         * Exchanges so far.
         * @member {number} step
         * @memberof gradwirecheckpoint.ExchangeSnapshot
         * @instance
         */
        ExchangeSnapshot.prototype.step = 0;

        /**
         * ExchangeSnapshot totals.
         * @member {gradwirecheckpoint.ExchangeTotals.$Properties|null|undefined} totals
         * @memberof gradwirecheckpoint.ExchangeSnapshot
         * @instance
         */
        ExchangeSnapshot.prototype.totals = null;

        /**
         * In flat order.
         * @member {Array.<gradwirecheckpoint.UnitSnapshot.$Properties>} units
         * @memberof gradwirecheckpoint.ExchangeSnapshot
         * @instance
         */
        ExchangeSnapshot.prototype.units = $util.emptyArray;

        /**
         * ExchangeSnapshot checksum.
         * @member {number} checksum
         * @memberof gradwirecheckpoint.ExchangeSnapshot
         * @instance
         */
        ExchangeSnapshot.prototype.checksum = 0;

        /**
         * Creates a new ExchangeSnapshot instance using the specified properties.
         * @function create
         * @memberof gradwirecheckpoint.ExchangeSnapshot
         * @static
         * @param {gradwirecheckpoint.ExchangeSnapshot.$Properties=} [properties] Properties to set
         * @returns {gradwirecheckpoint.ExchangeSnapshot} ExchangeSnapshot instance
         * @type {{
         *   (properties: gradwirecheckpoint.ExchangeSnapshot.$Shape): gradwirecheckpoint.ExchangeSnapshot & gradwirecheckpoint.ExchangeSnapshot.$Shape;
         *   (properties?: gradwirecheckpoint.ExchangeSnapshot.$Properties): gradwirecheckpoint.ExchangeSnapshot;
         * }}
         */
        ExchangeSnapshot.create = function(properties) {
            return new ExchangeSnapshot(properties);
        };

        /**
         * Encodes the specified ExchangeSnapshot message. Does not implicitly {@link gradwirecheckpoint.ExchangeSnapshot.verify|verify} messages.
         * @function encode
         * @memberof gradwirecheckpoint.ExchangeSnapshot
         * @static
         * @param {gradwirecheckpoint.ExchangeSnapshot.$Properties} message ExchangeSnapshot message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        ExchangeSnapshot.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.formatVersion != null && $Object.hasOwnProperty.call(message, "formatVersion") && message.formatVersion !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.formatVersion);
            if (message.spec != null && $Object.hasOwnProperty.call(message, "spec") && message.spec !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.spec);
            if (message.rank != null && $Object.hasOwnProperty.call(message, "rank") && message.rank !== 0)
                writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.rank);
            if (message.size != null && $Object.hasOwnProperty.call(message, "size") && message.size !== 0)
                writer.uint32(/* id 4, wireType 0 =*/32).uint32(message.size);
            if (message.seed != null && $Object.hasOwnProperty.call(message, "seed") && !$Object.is(message.seed, 0))
                writer.uint32(/* id 5, wireType 1 =*/41).double(message.seed);
            if (message.layout != null && $Object.hasOwnProperty.call(message, "layout") && message.layout !== "")
                writer.uint32(/* id 6, wireType 2 =*/50).string(message.layout);
            if (message.length != null && $Object.hasOwnProperty.call(message, "length") && message.length !== 0)
                writer.uint32(/* id 7, wireType 5 =*/61).fixed32(message.length);
            if (message.step != null && $Object.hasOwnProperty.call(message, "step") && !$Object.is(message.step, 0))
                writer.uint32(/* id 8, wireType 1 =*/65).double(message.step);
            if (message.totals != null && $Object.hasOwnProperty.call(message, "totals"))
                $root.gradwirecheckpoint.ExchangeTotals.encode(message.totals, writer.uint32(/* id 9, wireType 2 =*/74).fork(), _depth + 1).ldelim();
            if (message.units != null && message.units.length)
                for (let i = 0; i < message.units.length; ++i)
                    $root.gradwirecheckpoint.UnitSnapshot.encode(message.units[i], writer.uint32(/* id 10, wireType 2 =*/82).fork(), _depth + 1).ldelim();
            if (message.checksum != null && $Object.hasOwnProperty.call(message, "checksum") && message.checksum !== 0)
                writer.uint32(/* id 15, wireType 5 =*/125).fixed32(message.checksum);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an ExchangeSnapshot message from the specified reader or buffer.
         * @function decode
         * @memberof gradwirecheckpoint.ExchangeSnapshot
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {gradwirecheckpoint.ExchangeSnapshot & gradwirecheckpoint.ExchangeSnapshot.$Shape} ExchangeSnapshot
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        ExchangeSnapshot.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.gradwirecheckpoint.ExchangeSnapshot();
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
                        if (value = reader.uint32())
                            message.formatVersion = value;
                        else
                            delete message.formatVersion;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.spec = value;
                        else
                            delete message.spec;
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
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.size = value;
                        else
                            delete message.size;
                        continue;
                    }
                case 5: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.seed = value;
                        else
                            delete message.seed;
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.layout = value;
                        else
                            delete message.layout;
                        continue;
                    }
                case 7: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.length = value;
                        else
                            delete message.length;
                        continue;
                    }
                case 8: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.step = value;
                        else
                            delete message.step;
                        continue;
                    }
                case 9: {
                        if (wireType !== 2)
                            break;
                        message.totals = $root.gradwirecheckpoint.ExchangeTotals.decode(reader, reader.size(), $undefined, _depth + 1, message.totals);
                        continue;
                    }
                case 10: {
                        if (wireType !== 2)
                            break;
                        if (!(message.units && message.units.length))
                            message.units = [];
                        message.units.push($root.gradwirecheckpoint.UnitSnapshot.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 15: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.checksum = value;
                        else
                            delete message.checksum;
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

        return ExchangeSnapshot;
    })();

    gradwirecheckpoint.ExchangeTotals = (function() {

        /**
         * Properties of an ExchangeTotals.
         * @typedef {Object} gradwirecheckpoint.ExchangeTotals.$Properties
         * @property {number|null} [encodedBytes] ExchangeTotals encodedBytes
         * @property {number|null} [encodedElements] ExchangeTotals encodedElements
         * @property {number|null} [payloadBytes] ExchangeTotals payloadBytes
         * @property {number|null} [framingBytes] ExchangeTotals framingBytes
         * @property {number|null} [socketBytes] ExchangeTotals socketBytes
         * @property {number|null} [saturated] ExchangeTotals saturated
         * @property {number|null} [encodeMilliseconds] ExchangeTotals encodeMilliseconds
         * @property {number|null} [waitMilliseconds] ExchangeTotals waitMilliseconds
         * @property {number|null} [transferMilliseconds] ExchangeTotals transferMilliseconds
         * @property {number|null} [decodeMilliseconds] ExchangeTotals decodeMilliseconds
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an ExchangeTotals.
         * @memberof gradwirecheckpoint
         * @interface IExchangeTotals
         * @augments gradwirecheckpoint.ExchangeTotals.$Properties
         * @deprecated Use gradwirecheckpoint.ExchangeTotals.$Properties instead.
         */

        /**
         * Shape of an ExchangeTotals.
         * @typedef {gradwirecheckpoint.ExchangeTotals.$Properties} gradwirecheckpoint.ExchangeTotals.$Shape
         */

        /**
         * Constructs a new ExchangeTotals.
         * @memberof gradwirecheckpoint
         * @classdesc Counts of one rank since its exchange was created.
         * @constructor
         * @param {gradwirecheckpoint.ExchangeTotals.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const ExchangeTotals = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * ExchangeTotals encodedBytes.
         * @member {number} encodedBytes
         * @memberof gradwirecheckpoint.ExchangeTotals
         * @instance
         */
        ExchangeTotals.prototype.encodedBytes = 0;

        /**
         * ExchangeTotals encodedElements.
         * @member {number} encodedElements
         * @memberof gradwirecheckpoint.ExchangeTotals
         * @instance
         */
        ExchangeTotals.prototype.encodedElements = 0;

        /**
         * ExchangeTotals payloadBytes.
         * @member {number} payloadBytes
         * @memberof gradwirecheckpoint.ExchangeTotals
         * @instance
         */
        ExchangeTotals.prototype.payloadBytes = 0;

        /**
         * ExchangeTotals framingBytes.
         * @member {number} framingBytes
         * @memberof gradwirecheckpoint.ExchangeTotals
         * @instance
         */
        ExchangeTotals.prototype.framingBytes = 0;

        /**
         * ExchangeTotals socketBytes.
         * @member {number} socketBytes
         * @memberof gradwirecheckpoint.ExchangeTotals
         * @instance
         */
        ExchangeTotals.prototype.socketBytes = 0;

        /**
         * ExchangeTotals saturated.
         * @member {number} saturated
         * @memberof gradwirecheckpoint.ExchangeTotals
         * @instance
         */
        ExchangeTotals.prototype.saturated = 0;

        /**
         * ExchangeTotals encodeMilliseconds.
         * @member {number} encodeMilliseconds
         * @memberof gradwirecheckpoint.ExchangeTotals
         * @instance
         */
        ExchangeTotals.prototype.encodeMilliseconds = 0;

        /**
         * ExchangeTotals waitMilliseconds.
         * @member {number} waitMilliseconds
         * @memberof gradwirecheckpoint.ExchangeTotals
         * @instance
         */
        ExchangeTotals.prototype.waitMilliseconds = 0;

        /**
         * ExchangeTotals transferMilliseconds.
         * @member {number} transferMilliseconds
         * @memberof gradwirecheckpoint.ExchangeTotals
         * @instance
         */
        ExchangeTotals.prototype.transferMilliseconds = 0;

        /**
         * ExchangeTotals decodeMilliseconds.
         * @member {number} decodeMilliseconds
         * @memberof gradwirecheckpoint.ExchangeTotals
         * @instance
         */
        ExchangeTotals.prototype.decodeMilliseconds = 0;

        /**
         * Creates a new ExchangeTotals instance using the specified properties.
         * @function create
         * @memberof gradwirecheckpoint.ExchangeTotals
         * @static
         * @param {gradwirecheckpoint.ExchangeTotals.$Properties=} [properties] Properties to set
         * @returns {gradwirecheckpoint.ExchangeTotals} ExchangeTotals instance
         * @type {{
         *   (properties: gradwirecheckpoint.ExchangeTotals.$Shape): gradwirecheckpoint.ExchangeTotals & gradwirecheckpoint.ExchangeTotals.$Shape;
         *   (properties?: gradwirecheckpoint.ExchangeTotals.$Properties): gradwirecheckpoint.ExchangeTotals;
         * }}
         */
        ExchangeTotals.create = function(properties) {
            return new ExchangeTotals(properties);
        };

        /**
         * Encodes the specified ExchangeTotals message. Does not implicitly {@link gradwirecheckpoint.ExchangeTotals.verify|verify} messages.
         * @function encode
         * @memberof gradwirecheckpoint.ExchangeTotals
         * @static
         * @param {gradwirecheckpoint.ExchangeTotals.$Properties} message ExchangeTotals message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        ExchangeTotals.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.encodedBytes != null && $Object.hasOwnProperty.call(message, "encodedBytes") && !$Object.is(message.encodedBytes, 0))
                writer.uint32(/* id 1, wireType 1 =*/9).double(message.encodedBytes);
            if (message.encodedElements != null && $Object.hasOwnProperty.call(message, "encodedElements") && !$Object.is(message.encodedElements, 0))
                writer.uint32(/* id 2, wireType 1 =*/17).double(message.encodedElements);
            if (message.payloadBytes != null && $Object.hasOwnProperty.call(message, "payloadBytes") && !$Object.is(message.payloadBytes, 0))
                writer.uint32(/* id 3, wireType 1 =*/25).double(message.payloadBytes);
            if (message.framingBytes != null && $Object.hasOwnProperty.call(message, "framingBytes") && !$Object.is(message.framingBytes, 0))
                writer.uint32(/* id 4, wireType 1 =*/33).double(message.framingBytes);
            if (message.socketBytes != null && $Object.hasOwnProperty.call(message, "socketBytes") && !$Object.is(message.socketBytes, 0))
                writer.uint32(/* id 5, wireType 1 =*/41).double(message.socketBytes);
            if (message.saturated != null && $Object.hasOwnProperty.call(message, "saturated") && !$Object.is(message.saturated, 0))
                writer.uint32(/* id 6, wireType 1 =*/49).double(message.saturated);
            if (message.encodeMilliseconds != null && $Object.hasOwnProperty.call(message, "encodeMilliseconds") && !$Object.is(message.encodeMilliseconds, 0))
                writer.uint32(/* id 7, wireType 1 =*/57).double(message.encodeMilliseconds);
            if (message.waitMilliseconds != null && $Object.hasOwnProperty.call(message, "waitMilliseconds") && !$Object.is(message.waitMilliseconds, 0))
                writer.uint32(/* id 8, wireType 1 =*/65).double(message.waitMilliseconds);
            if (message.transferMilliseconds != null && $Object.hasOwnProperty.call(message, "transferMilliseconds") && !$Object.is(message.transferMilliseconds, 0))
                writer.uint32(/* id 9, wireType 1 =*/73).double(message.transferMilliseconds);
            if (message.decodeMilliseconds != null && $Object.hasOwnProperty.call(message, "decodeMilliseconds") && !$Object.is(message.decodeMilliseconds, 0))
                writer.uint32(/* id 10, wireType 1 =*/81).double(message.decodeMilliseconds);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an ExchangeTotals message from the specified reader or buffer.
         * @function decode
         * @memberof gradwirecheckpoint.ExchangeTotals
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {gradwirecheckpoint.ExchangeTotals & gradwirecheckpoint.ExchangeTotals.$Shape} ExchangeTotals
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        ExchangeTotals.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.gradwirecheckpoint.ExchangeTotals();
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
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.encodedBytes = value;
                        else
                            delete message.encodedBytes;
                        continue;
                    }
                case 2: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.encodedElements = value;
                        else
                            delete message.encodedElements;
                        continue;
                    }
                case 3: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.payloadBytes = value;
                        else
                            delete message.payloadBytes;
                        continue;
                    }
                case 4: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.framingBytes = value;
                        else
                            delete message.framingBytes;
                        continue;
                    }
                case 5: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.socketBytes = value;
                        else
                            delete message.socketBytes;
                        continue;
                    }
                case 6: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.saturated = value;
                        else
                            delete message.saturated;
                        continue;
                    }
                case 7: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.encodeMilliseconds = value;
                        else
                            delete message.encodeMilliseconds;
                        continue;
                    }
                case 8: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.waitMilliseconds = value;
                        else
                            delete message.waitMilliseconds;
                        continue;
                    }
                case 9: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.transferMilliseconds = value;
                        else
                            delete message.transferMilliseconds;
                        continue;
                    }
                case 10: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.decodeMilliseconds = value;
                        else
                            delete message.decodeMilliseconds;
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

        return ExchangeTotals;
    })();

    gradwirecheckpoint.UnitSnapshot = (function() {

        /**
         * Properties of a UnitSnapshot.
         * @typedef {Object} gradwirecheckpoint.UnitSnapshot.$Properties
         * @property {string|null} [spec] UnitSnapshot spec
         * @property {string|null} [algorithm] UnitSnapshot algorithm
         * @property {Array.<Uint8Array>|null} [residuals] Little-endian float32, finite. Two-shot: the worker's by chunk, then the owner's.
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a UnitSnapshot.
         * @memberof gradwirecheckpoint
         * @interface IUnitSnapshot
         * @augments gradwirecheckpoint.UnitSnapshot.$Properties
         * @deprecated Use gradwirecheckpoint.UnitSnapshot.$Properties instead.
         */

        /**
         * Shape of a UnitSnapshot.
         * @typedef {gradwirecheckpoint.UnitSnapshot.$Properties} gradwirecheckpoint.UnitSnapshot.$Shape
         */

        /**
         * Constructs a new UnitSnapshot.
         * @memberof gradwirecheckpoint
         * @classdesc What one unit of the gradient holds back.
         * @constructor
         * @param {gradwirecheckpoint.UnitSnapshot.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const UnitSnapshot = function (properties) {
            this.residuals = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * UnitSnapshot spec.
         * @member {string} spec
         * @memberof gradwirecheckpoint.UnitSnapshot
         * @instance
         */
        UnitSnapshot.prototype.spec = "";

        /**
         * UnitSnapshot algorithm.
         * @member {string} algorithm
         * @memberof gradwirecheckpoint.UnitSnapshot
         * @instance
         */
        UnitSnapshot.prototype.algorithm = "";

        /**
         * Little-endian float32, finite. Two-shot: the worker's by chunk, then the owner's.
         * @member {Array.<Uint8Array>} residuals
         * @memberof gradwirecheckpoint.UnitSnapshot
         * @instance
         */
        UnitSnapshot.prototype.residuals = $util.emptyArray;

        /**
         * Creates a new UnitSnapshot instance using the specified properties.
         * @function create
         * @memberof gradwirecheckpoint.UnitSnapshot
         * @static
         * @param {gradwirecheckpoint.UnitSnapshot.$Properties=} [properties] Properties to set
         * @returns {gradwirecheckpoint.UnitSnapshot} UnitSnapshot instance
         * @type {{
         *   (properties: gradwirecheckpoint.UnitSnapshot.$Shape): gradwirecheckpoint.UnitSnapshot & gradwirecheckpoint.UnitSnapshot.$Shape;
         *   (properties?: gradwirecheckpoint.UnitSnapshot.$Properties): gradwirecheckpoint.UnitSnapshot;
         * }}
         */
        UnitSnapshot.create = function(properties) {
            return new UnitSnapshot(properties);
        };

        /**
         * Encodes the specified UnitSnapshot message. Does not implicitly {@link gradwirecheckpoint.UnitSnapshot.verify|verify} messages.
         * @function encode
         * @memberof gradwirecheckpoint.UnitSnapshot
         * @static
         * @param {gradwirecheckpoint.UnitSnapshot.$Properties} message UnitSnapshot message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        UnitSnapshot.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.spec != null && $Object.hasOwnProperty.call(message, "spec") && message.spec !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.spec);
            if (message.algorithm != null && $Object.hasOwnProperty.call(message, "algorithm") && message.algorithm !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.algorithm);
            if (message.residuals != null && message.residuals.length)
                for (let i = 0; i < message.residuals.length; ++i)
                    writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.residuals[i]);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a UnitSnapshot message from the specified reader or buffer.
         * @function decode
         * @memberof gradwirecheckpoint.UnitSnapshot
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {gradwirecheckpoint.UnitSnapshot & gradwirecheckpoint.UnitSnapshot.$Shape} UnitSnapshot
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        UnitSnapshot.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.gradwirecheckpoint.UnitSnapshot();
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
                            message.spec = value;
                        else
                            delete message.spec;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.algorithm = value;
                        else
                            delete message.algorithm;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if (!(message.residuals && message.residuals.length))
                            message.residuals = [];
                        message.residuals.push(reader.bytes());
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

        return UnitSnapshot;
    })();

    gradwirecheckpoint.CheckpointModel = (function() {

        /**
         * Properties of a CheckpointModel.
         * @typedef {Object} gradwirecheckpoint.CheckpointModel.$Properties
         * @property {number|null} [formatVersion] CheckpointModel formatVersion
         * @property {number|null} [step] Updates made.
         * @property {Uint8Array|null} [parameters] Little-endian float32, flat.
         * @property {Uint8Array|null} [velocity] CheckpointModel velocity
         * @property {Array.<gradwirecheckpoint.CheckpointEvaluation.$Properties>|null} [history] CheckpointModel history
         * @property {number|null} [checksum] CheckpointModel checksum
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a CheckpointModel.
         * @memberof gradwirecheckpoint
         * @interface ICheckpointModel
         * @augments gradwirecheckpoint.CheckpointModel.$Properties
         * @deprecated Use gradwirecheckpoint.CheckpointModel.$Properties instead.
         */

        /**
         * Shape of a CheckpointModel.
         * @typedef {gradwirecheckpoint.CheckpointModel.$Properties} gradwirecheckpoint.CheckpointModel.$Shape
         */

        /**
         * Constructs a new CheckpointModel.
         * @memberof gradwirecheckpoint
         * @classdesc What is equal on all ranks, and the evaluations, which rank 0 makes.
         * @constructor
         * @param {gradwirecheckpoint.CheckpointModel.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const CheckpointModel = function (properties) {
            this.history = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * CheckpointModel formatVersion.
         * @member {number} formatVersion
         * @memberof gradwirecheckpoint.CheckpointModel
         * @instance
         */
        CheckpointModel.prototype.formatVersion = 0;

        /**
         * Updates made.
         * @member {number} step
         * @memberof gradwirecheckpoint.CheckpointModel
         * @instance
         */
        CheckpointModel.prototype.step = 0;

        /**
         * Little-endian float32, flat.
         * @member {Uint8Array} parameters
         * @memberof gradwirecheckpoint.CheckpointModel
         * @instance
         */
        CheckpointModel.prototype.parameters = $util.newBuffer([]);

        /**
         * CheckpointModel velocity.
         * @member {Uint8Array} velocity
         * @memberof gradwirecheckpoint.CheckpointModel
         * @instance
         */
        CheckpointModel.prototype.velocity = $util.newBuffer([]);

        /**
         * CheckpointModel history.
         * @member {Array.<gradwirecheckpoint.CheckpointEvaluation.$Properties>} history
         * @memberof gradwirecheckpoint.CheckpointModel
         * @instance
         */
        CheckpointModel.prototype.history = $util.emptyArray;

        /**
         * CheckpointModel checksum.
         * @member {number} checksum
         * @memberof gradwirecheckpoint.CheckpointModel
         * @instance
         */
        CheckpointModel.prototype.checksum = 0;

        /**
         * Creates a new CheckpointModel instance using the specified properties.
         * @function create
         * @memberof gradwirecheckpoint.CheckpointModel
         * @static
         * @param {gradwirecheckpoint.CheckpointModel.$Properties=} [properties] Properties to set
         * @returns {gradwirecheckpoint.CheckpointModel} CheckpointModel instance
         * @type {{
         *   (properties: gradwirecheckpoint.CheckpointModel.$Shape): gradwirecheckpoint.CheckpointModel & gradwirecheckpoint.CheckpointModel.$Shape;
         *   (properties?: gradwirecheckpoint.CheckpointModel.$Properties): gradwirecheckpoint.CheckpointModel;
         * }}
         */
        CheckpointModel.create = function(properties) {
            return new CheckpointModel(properties);
        };

        /**
         * Encodes the specified CheckpointModel message. Does not implicitly {@link gradwirecheckpoint.CheckpointModel.verify|verify} messages.
         * @function encode
         * @memberof gradwirecheckpoint.CheckpointModel
         * @static
         * @param {gradwirecheckpoint.CheckpointModel.$Properties} message CheckpointModel message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        CheckpointModel.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.formatVersion != null && $Object.hasOwnProperty.call(message, "formatVersion") && message.formatVersion !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.formatVersion);
            if (message.step != null && $Object.hasOwnProperty.call(message, "step") && !$Object.is(message.step, 0))
                writer.uint32(/* id 2, wireType 1 =*/17).double(message.step);
            if (message.parameters != null && $Object.hasOwnProperty.call(message, "parameters") && message.parameters.length)
                writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.parameters);
            if (message.velocity != null && $Object.hasOwnProperty.call(message, "velocity") && message.velocity.length)
                writer.uint32(/* id 4, wireType 2 =*/34).bytes(message.velocity);
            if (message.history != null && message.history.length)
                for (let i = 0; i < message.history.length; ++i)
                    $root.gradwirecheckpoint.CheckpointEvaluation.encode(message.history[i], writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
            if (message.checksum != null && $Object.hasOwnProperty.call(message, "checksum") && message.checksum !== 0)
                writer.uint32(/* id 15, wireType 5 =*/125).fixed32(message.checksum);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a CheckpointModel message from the specified reader or buffer.
         * @function decode
         * @memberof gradwirecheckpoint.CheckpointModel
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {gradwirecheckpoint.CheckpointModel & gradwirecheckpoint.CheckpointModel.$Shape} CheckpointModel
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        CheckpointModel.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.gradwirecheckpoint.CheckpointModel();
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
                        if (value = reader.uint32())
                            message.formatVersion = value;
                        else
                            delete message.formatVersion;
                        continue;
                    }
                case 2: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.step = value;
                        else
                            delete message.step;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.parameters = value;
                        else
                            delete message.parameters;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.velocity = value;
                        else
                            delete message.velocity;
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if (!(message.history && message.history.length))
                            message.history = [];
                        message.history.push($root.gradwirecheckpoint.CheckpointEvaluation.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 15: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.checksum = value;
                        else
                            delete message.checksum;
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

        return CheckpointModel;
    })();

    gradwirecheckpoint.CheckpointEvaluation = (function() {

        /**
         * Properties of a CheckpointEvaluation.
         * @typedef {Object} gradwirecheckpoint.CheckpointEvaluation.$Properties
         * @property {number|null} [step] CheckpointEvaluation step
         * @property {number|null} [epoch] CheckpointEvaluation epoch
         * @property {number|null} [seconds] CheckpointEvaluation seconds
         * @property {number|null} [wireBytes] CheckpointEvaluation wireBytes
         * @property {number|null} [loss] CheckpointEvaluation loss
         * @property {number|null} [accuracy] Absent for regression.
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a CheckpointEvaluation.
         * @memberof gradwirecheckpoint
         * @interface ICheckpointEvaluation
         * @augments gradwirecheckpoint.CheckpointEvaluation.$Properties
         * @deprecated Use gradwirecheckpoint.CheckpointEvaluation.$Properties instead.
         */

        /**
         * Shape of a CheckpointEvaluation.
         * @typedef {gradwirecheckpoint.CheckpointEvaluation.$Properties} gradwirecheckpoint.CheckpointEvaluation.$Shape
         */

        /**
         * Constructs a new CheckpointEvaluation.
         * @memberof gradwirecheckpoint
         * @classdesc Represents a CheckpointEvaluation.
         * @constructor
         * @param {gradwirecheckpoint.CheckpointEvaluation.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const CheckpointEvaluation = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * CheckpointEvaluation step.
         * @member {number} step
         * @memberof gradwirecheckpoint.CheckpointEvaluation
         * @instance
         */
        CheckpointEvaluation.prototype.step = 0;

        /**
         * CheckpointEvaluation epoch.
         * @member {number} epoch
         * @memberof gradwirecheckpoint.CheckpointEvaluation
         * @instance
         */
        CheckpointEvaluation.prototype.epoch = 0;

        /**
         * CheckpointEvaluation seconds.
         * @member {number} seconds
         * @memberof gradwirecheckpoint.CheckpointEvaluation
         * @instance
         */
        CheckpointEvaluation.prototype.seconds = 0;

        /**
         * CheckpointEvaluation wireBytes.
         * @member {number} wireBytes
         * @memberof gradwirecheckpoint.CheckpointEvaluation
         * @instance
         */
        CheckpointEvaluation.prototype.wireBytes = 0;

        /**
         * CheckpointEvaluation loss.
         * @member {number} loss
         * @memberof gradwirecheckpoint.CheckpointEvaluation
         * @instance
         */
        CheckpointEvaluation.prototype.loss = 0;

        /**
         * Absent for regression.
         * @member {number|null|undefined} accuracy
         * @memberof gradwirecheckpoint.CheckpointEvaluation
         * @instance
         */
        CheckpointEvaluation.prototype.accuracy = null;

        // OneOf field names bound to virtual getters and setters
        let $oneOfFields;

        // Virtual OneOf for proto3 optional field
        $Object.defineProperty(CheckpointEvaluation.prototype, "_accuracy", {
            get: $util.oneOfGetter($oneOfFields = ["accuracy"]),
            set: $util.oneOfSetter($oneOfFields)
        });

        /**
         * Creates a new CheckpointEvaluation instance using the specified properties.
         * @function create
         * @memberof gradwirecheckpoint.CheckpointEvaluation
         * @static
         * @param {gradwirecheckpoint.CheckpointEvaluation.$Properties=} [properties] Properties to set
         * @returns {gradwirecheckpoint.CheckpointEvaluation} CheckpointEvaluation instance
         * @type {{
         *   (properties: gradwirecheckpoint.CheckpointEvaluation.$Shape): gradwirecheckpoint.CheckpointEvaluation & gradwirecheckpoint.CheckpointEvaluation.$Shape;
         *   (properties?: gradwirecheckpoint.CheckpointEvaluation.$Properties): gradwirecheckpoint.CheckpointEvaluation;
         * }}
         */
        CheckpointEvaluation.create = function(properties) {
            return new CheckpointEvaluation(properties);
        };

        /**
         * Encodes the specified CheckpointEvaluation message. Does not implicitly {@link gradwirecheckpoint.CheckpointEvaluation.verify|verify} messages.
         * @function encode
         * @memberof gradwirecheckpoint.CheckpointEvaluation
         * @static
         * @param {gradwirecheckpoint.CheckpointEvaluation.$Properties} message CheckpointEvaluation message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        CheckpointEvaluation.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.step != null && $Object.hasOwnProperty.call(message, "step") && !$Object.is(message.step, 0))
                writer.uint32(/* id 1, wireType 1 =*/9).double(message.step);
            if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch") && !$Object.is(message.epoch, 0))
                writer.uint32(/* id 2, wireType 1 =*/17).double(message.epoch);
            if (message.seconds != null && $Object.hasOwnProperty.call(message, "seconds") && !$Object.is(message.seconds, 0))
                writer.uint32(/* id 3, wireType 1 =*/25).double(message.seconds);
            if (message.wireBytes != null && $Object.hasOwnProperty.call(message, "wireBytes") && !$Object.is(message.wireBytes, 0))
                writer.uint32(/* id 4, wireType 1 =*/33).double(message.wireBytes);
            if (message.loss != null && $Object.hasOwnProperty.call(message, "loss") && !$Object.is(message.loss, 0))
                writer.uint32(/* id 5, wireType 1 =*/41).double(message.loss);
            if (message.accuracy != null && $Object.hasOwnProperty.call(message, "accuracy"))
                writer.uint32(/* id 6, wireType 1 =*/49).double(message.accuracy);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a CheckpointEvaluation message from the specified reader or buffer.
         * @function decode
         * @memberof gradwirecheckpoint.CheckpointEvaluation
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {gradwirecheckpoint.CheckpointEvaluation & gradwirecheckpoint.CheckpointEvaluation.$Shape} CheckpointEvaluation
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        CheckpointEvaluation.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.gradwirecheckpoint.CheckpointEvaluation();
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
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.step = value;
                        else
                            delete message.step;
                        continue;
                    }
                case 2: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.epoch = value;
                        else
                            delete message.epoch;
                        continue;
                    }
                case 3: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.seconds = value;
                        else
                            delete message.seconds;
                        continue;
                    }
                case 4: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.wireBytes = value;
                        else
                            delete message.wireBytes;
                        continue;
                    }
                case 5: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.loss = value;
                        else
                            delete message.loss;
                        continue;
                    }
                case 6: {
                        if (wireType !== 1)
                            break;
                        message.accuracy = reader.double();
                        message._accuracy = "accuracy";
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

        return CheckpointEvaluation;
    })();

    gradwirecheckpoint.CheckpointRank = (function() {

        /**
         * Properties of a CheckpointRank.
         * @typedef {Object} gradwirecheckpoint.CheckpointRank.$Properties
         * @property {number|null} [formatVersion] CheckpointRank formatVersion
         * @property {number|null} [step] CheckpointRank step
         * @property {number|null} [rank] CheckpointRank rank
         * @property {Uint8Array|null} [exchange] An ExchangeSnapshot; empty where the exchange keeps nothing.
         * @property {number|null} [milliseconds] Training time so far, without evaluations.
         * @property {number|null} [computeMilliseconds] CheckpointRank computeMilliseconds
         * @property {number|null} [exchangeMilliseconds] CheckpointRank exchangeMilliseconds
         * @property {number|null} [updateMilliseconds] CheckpointRank updateMilliseconds
         * @property {number|null} [evaluateMilliseconds] CheckpointRank evaluateMilliseconds
         * @property {number|null} [checksum] CheckpointRank checksum
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a CheckpointRank.
         * @memberof gradwirecheckpoint
         * @interface ICheckpointRank
         * @augments gradwirecheckpoint.CheckpointRank.$Properties
         * @deprecated Use gradwirecheckpoint.CheckpointRank.$Properties instead.
         */

        /**
         * Shape of a CheckpointRank.
         * @typedef {gradwirecheckpoint.CheckpointRank.$Properties} gradwirecheckpoint.CheckpointRank.$Shape
         */

        /**
         * Constructs a new CheckpointRank.
         * @memberof gradwirecheckpoint
         * @classdesc What differs from rank to rank.
         * @constructor
         * @param {gradwirecheckpoint.CheckpointRank.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const CheckpointRank = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * CheckpointRank formatVersion.
         * @member {number} formatVersion
         * @memberof gradwirecheckpoint.CheckpointRank
         * @instance
         */
        CheckpointRank.prototype.formatVersion = 0;

        /**
         * CheckpointRank step.
         * @member {number} step
         * @memberof gradwirecheckpoint.CheckpointRank
         * @instance
         */
        CheckpointRank.prototype.step = 0;

        /**
         * CheckpointRank rank.
         * @member {number} rank
         * @memberof gradwirecheckpoint.CheckpointRank
         * @instance
         */
        CheckpointRank.prototype.rank = 0;

        /**
         * An ExchangeSnapshot; empty where the exchange keeps nothing.
         * @member {Uint8Array} exchange
         * @memberof gradwirecheckpoint.CheckpointRank
         * @instance
         */
        CheckpointRank.prototype.exchange = $util.newBuffer([]);

        /**
         * Training time so far, without evaluations.
         * @member {number} milliseconds
         * @memberof gradwirecheckpoint.CheckpointRank
         * @instance
         */
        CheckpointRank.prototype.milliseconds = 0;

        /**
         * CheckpointRank computeMilliseconds.
         * @member {number} computeMilliseconds
         * @memberof gradwirecheckpoint.CheckpointRank
         * @instance
         */
        CheckpointRank.prototype.computeMilliseconds = 0;

        /**
         * CheckpointRank exchangeMilliseconds.
         * @member {number} exchangeMilliseconds
         * @memberof gradwirecheckpoint.CheckpointRank
         * @instance
         */
        CheckpointRank.prototype.exchangeMilliseconds = 0;

        /**
         * CheckpointRank updateMilliseconds.
         * @member {number} updateMilliseconds
         * @memberof gradwirecheckpoint.CheckpointRank
         * @instance
         */
        CheckpointRank.prototype.updateMilliseconds = 0;

        /**
         * CheckpointRank evaluateMilliseconds.
         * @member {number} evaluateMilliseconds
         * @memberof gradwirecheckpoint.CheckpointRank
         * @instance
         */
        CheckpointRank.prototype.evaluateMilliseconds = 0;

        /**
         * CheckpointRank checksum.
         * @member {number} checksum
         * @memberof gradwirecheckpoint.CheckpointRank
         * @instance
         */
        CheckpointRank.prototype.checksum = 0;

        /**
         * Creates a new CheckpointRank instance using the specified properties.
         * @function create
         * @memberof gradwirecheckpoint.CheckpointRank
         * @static
         * @param {gradwirecheckpoint.CheckpointRank.$Properties=} [properties] Properties to set
         * @returns {gradwirecheckpoint.CheckpointRank} CheckpointRank instance
         * @type {{
         *   (properties: gradwirecheckpoint.CheckpointRank.$Shape): gradwirecheckpoint.CheckpointRank & gradwirecheckpoint.CheckpointRank.$Shape;
         *   (properties?: gradwirecheckpoint.CheckpointRank.$Properties): gradwirecheckpoint.CheckpointRank;
         * }}
         */
        CheckpointRank.create = function(properties) {
            return new CheckpointRank(properties);
        };

        /**
         * Encodes the specified CheckpointRank message. Does not implicitly {@link gradwirecheckpoint.CheckpointRank.verify|verify} messages.
         * @function encode
         * @memberof gradwirecheckpoint.CheckpointRank
         * @static
         * @param {gradwirecheckpoint.CheckpointRank.$Properties} message CheckpointRank message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        CheckpointRank.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.formatVersion != null && $Object.hasOwnProperty.call(message, "formatVersion") && message.formatVersion !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.formatVersion);
            if (message.step != null && $Object.hasOwnProperty.call(message, "step") && !$Object.is(message.step, 0))
                writer.uint32(/* id 2, wireType 1 =*/17).double(message.step);
            if (message.rank != null && $Object.hasOwnProperty.call(message, "rank") && message.rank !== 0)
                writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.rank);
            if (message.exchange != null && $Object.hasOwnProperty.call(message, "exchange") && message.exchange.length)
                writer.uint32(/* id 4, wireType 2 =*/34).bytes(message.exchange);
            if (message.milliseconds != null && $Object.hasOwnProperty.call(message, "milliseconds") && !$Object.is(message.milliseconds, 0))
                writer.uint32(/* id 5, wireType 1 =*/41).double(message.milliseconds);
            if (message.computeMilliseconds != null && $Object.hasOwnProperty.call(message, "computeMilliseconds") && !$Object.is(message.computeMilliseconds, 0))
                writer.uint32(/* id 6, wireType 1 =*/49).double(message.computeMilliseconds);
            if (message.exchangeMilliseconds != null && $Object.hasOwnProperty.call(message, "exchangeMilliseconds") && !$Object.is(message.exchangeMilliseconds, 0))
                writer.uint32(/* id 7, wireType 1 =*/57).double(message.exchangeMilliseconds);
            if (message.updateMilliseconds != null && $Object.hasOwnProperty.call(message, "updateMilliseconds") && !$Object.is(message.updateMilliseconds, 0))
                writer.uint32(/* id 8, wireType 1 =*/65).double(message.updateMilliseconds);
            if (message.evaluateMilliseconds != null && $Object.hasOwnProperty.call(message, "evaluateMilliseconds") && !$Object.is(message.evaluateMilliseconds, 0))
                writer.uint32(/* id 9, wireType 1 =*/73).double(message.evaluateMilliseconds);
            if (message.checksum != null && $Object.hasOwnProperty.call(message, "checksum") && message.checksum !== 0)
                writer.uint32(/* id 15, wireType 5 =*/125).fixed32(message.checksum);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a CheckpointRank message from the specified reader or buffer.
         * @function decode
         * @memberof gradwirecheckpoint.CheckpointRank
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {gradwirecheckpoint.CheckpointRank & gradwirecheckpoint.CheckpointRank.$Shape} CheckpointRank
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        CheckpointRank.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.gradwirecheckpoint.CheckpointRank();
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
                        if (value = reader.uint32())
                            message.formatVersion = value;
                        else
                            delete message.formatVersion;
                        continue;
                    }
                case 2: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.step = value;
                        else
                            delete message.step;
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
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.exchange = value;
                        else
                            delete message.exchange;
                        continue;
                    }
                case 5: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.milliseconds = value;
                        else
                            delete message.milliseconds;
                        continue;
                    }
                case 6: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.computeMilliseconds = value;
                        else
                            delete message.computeMilliseconds;
                        continue;
                    }
                case 7: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.exchangeMilliseconds = value;
                        else
                            delete message.exchangeMilliseconds;
                        continue;
                    }
                case 8: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.updateMilliseconds = value;
                        else
                            delete message.updateMilliseconds;
                        continue;
                    }
                case 9: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.evaluateMilliseconds = value;
                        else
                            delete message.evaluateMilliseconds;
                        continue;
                    }
                case 15: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.checksum = value;
                        else
                            delete message.checksum;
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

        return CheckpointRank;
    })();

    gradwirecheckpoint.CheckpointManifest = (function() {

        /**
         * Properties of a CheckpointManifest.
         * @typedef {Object} gradwirecheckpoint.CheckpointManifest.$Properties
         * @property {number|null} [formatVersion] CheckpointManifest formatVersion
         * @property {number|null} [step] CheckpointManifest step
         * @property {Array.<gradwirecheckpoint.CheckpointSetting.$Properties>|null} [settings] What the run must have in common with the one that goes on.
         * @property {Array.<gradwirecheckpoint.CheckpointPart.$Properties>|null} [parts] CheckpointManifest parts
         * @property {number|null} [checksum] CheckpointManifest checksum
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a CheckpointManifest.
         * @memberof gradwirecheckpoint
         * @interface ICheckpointManifest
         * @augments gradwirecheckpoint.CheckpointManifest.$Properties
         * @deprecated Use gradwirecheckpoint.CheckpointManifest.$Properties instead.
         */

        /**
         * Shape of a CheckpointManifest.
         * @typedef {gradwirecheckpoint.CheckpointManifest.$Properties} gradwirecheckpoint.CheckpointManifest.$Shape
         */

        /**
         * Constructs a new CheckpointManifest.
         * @memberof gradwirecheckpoint
         * @classdesc Written last: a checkpoint is what this names, or it is none.
         * @constructor
         * @param {gradwirecheckpoint.CheckpointManifest.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const CheckpointManifest = function (properties) {
            this.settings = [];
            this.parts = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * CheckpointManifest formatVersion.
         * @member {number} formatVersion
         * @memberof gradwirecheckpoint.CheckpointManifest
         * @instance
         */
        CheckpointManifest.prototype.formatVersion = 0;

        /**
         * CheckpointManifest step.
         * @member {number} step
         * @memberof gradwirecheckpoint.CheckpointManifest
         * @instance
         */
        CheckpointManifest.prototype.step = 0;

        /**
         * What the run must have in common with the one that goes on.
         * @member {Array.<gradwirecheckpoint.CheckpointSetting.$Properties>} settings
         * @memberof gradwirecheckpoint.CheckpointManifest
         * @instance
         */
        CheckpointManifest.prototype.settings = $util.emptyArray;

        /**
         * CheckpointManifest parts.
         * @member {Array.<gradwirecheckpoint.CheckpointPart.$Properties>} parts
         * @memberof gradwirecheckpoint.CheckpointManifest
         * @instance
         */
        CheckpointManifest.prototype.parts = $util.emptyArray;

        /**
         * CheckpointManifest checksum.
         * @member {number} checksum
         * @memberof gradwirecheckpoint.CheckpointManifest
         * @instance
         */
        CheckpointManifest.prototype.checksum = 0;

        /**
         * Creates a new CheckpointManifest instance using the specified properties.
         * @function create
         * @memberof gradwirecheckpoint.CheckpointManifest
         * @static
         * @param {gradwirecheckpoint.CheckpointManifest.$Properties=} [properties] Properties to set
         * @returns {gradwirecheckpoint.CheckpointManifest} CheckpointManifest instance
         * @type {{
         *   (properties: gradwirecheckpoint.CheckpointManifest.$Shape): gradwirecheckpoint.CheckpointManifest & gradwirecheckpoint.CheckpointManifest.$Shape;
         *   (properties?: gradwirecheckpoint.CheckpointManifest.$Properties): gradwirecheckpoint.CheckpointManifest;
         * }}
         */
        CheckpointManifest.create = function(properties) {
            return new CheckpointManifest(properties);
        };

        /**
         * Encodes the specified CheckpointManifest message. Does not implicitly {@link gradwirecheckpoint.CheckpointManifest.verify|verify} messages.
         * @function encode
         * @memberof gradwirecheckpoint.CheckpointManifest
         * @static
         * @param {gradwirecheckpoint.CheckpointManifest.$Properties} message CheckpointManifest message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        CheckpointManifest.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.formatVersion != null && $Object.hasOwnProperty.call(message, "formatVersion") && message.formatVersion !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.formatVersion);
            if (message.step != null && $Object.hasOwnProperty.call(message, "step") && !$Object.is(message.step, 0))
                writer.uint32(/* id 2, wireType 1 =*/17).double(message.step);
            if (message.settings != null && message.settings.length)
                for (let i = 0; i < message.settings.length; ++i)
                    $root.gradwirecheckpoint.CheckpointSetting.encode(message.settings[i], writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
            if (message.parts != null && message.parts.length)
                for (let i = 0; i < message.parts.length; ++i)
                    $root.gradwirecheckpoint.CheckpointPart.encode(message.parts[i], writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
            if (message.checksum != null && $Object.hasOwnProperty.call(message, "checksum") && message.checksum !== 0)
                writer.uint32(/* id 15, wireType 5 =*/125).fixed32(message.checksum);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a CheckpointManifest message from the specified reader or buffer.
         * @function decode
         * @memberof gradwirecheckpoint.CheckpointManifest
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {gradwirecheckpoint.CheckpointManifest & gradwirecheckpoint.CheckpointManifest.$Shape} CheckpointManifest
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        CheckpointManifest.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.gradwirecheckpoint.CheckpointManifest();
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
                        if (value = reader.uint32())
                            message.formatVersion = value;
                        else
                            delete message.formatVersion;
                        continue;
                    }
                case 2: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.step = value;
                        else
                            delete message.step;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if (!(message.settings && message.settings.length))
                            message.settings = [];
                        message.settings.push($root.gradwirecheckpoint.CheckpointSetting.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if (!(message.parts && message.parts.length))
                            message.parts = [];
                        message.parts.push($root.gradwirecheckpoint.CheckpointPart.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 15: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.checksum = value;
                        else
                            delete message.checksum;
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

        return CheckpointManifest;
    })();

    gradwirecheckpoint.CheckpointSetting = (function() {

        /**
         * Properties of a CheckpointSetting.
         * @typedef {Object} gradwirecheckpoint.CheckpointSetting.$Properties
         * @property {string|null} [name] CheckpointSetting name
         * @property {string|null} [value] CheckpointSetting value
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a CheckpointSetting.
         * @memberof gradwirecheckpoint
         * @interface ICheckpointSetting
         * @augments gradwirecheckpoint.CheckpointSetting.$Properties
         * @deprecated Use gradwirecheckpoint.CheckpointSetting.$Properties instead.
         */

        /**
         * Shape of a CheckpointSetting.
         * @typedef {gradwirecheckpoint.CheckpointSetting.$Properties} gradwirecheckpoint.CheckpointSetting.$Shape
         */

        /**
         * Constructs a new CheckpointSetting.
         * @memberof gradwirecheckpoint
         * @classdesc Represents a CheckpointSetting.
         * @constructor
         * @param {gradwirecheckpoint.CheckpointSetting.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const CheckpointSetting = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * CheckpointSetting name.
         * @member {string} name
         * @memberof gradwirecheckpoint.CheckpointSetting
         * @instance
         */
        CheckpointSetting.prototype.name = "";

        /**
         * CheckpointSetting value.
         * @member {string} value
         * @memberof gradwirecheckpoint.CheckpointSetting
         * @instance
         */
        CheckpointSetting.prototype.value = "";

        /**
         * Creates a new CheckpointSetting instance using the specified properties.
         * @function create
         * @memberof gradwirecheckpoint.CheckpointSetting
         * @static
         * @param {gradwirecheckpoint.CheckpointSetting.$Properties=} [properties] Properties to set
         * @returns {gradwirecheckpoint.CheckpointSetting} CheckpointSetting instance
         * @type {{
         *   (properties: gradwirecheckpoint.CheckpointSetting.$Shape): gradwirecheckpoint.CheckpointSetting & gradwirecheckpoint.CheckpointSetting.$Shape;
         *   (properties?: gradwirecheckpoint.CheckpointSetting.$Properties): gradwirecheckpoint.CheckpointSetting;
         * }}
         */
        CheckpointSetting.create = function(properties) {
            return new CheckpointSetting(properties);
        };

        /**
         * Encodes the specified CheckpointSetting message. Does not implicitly {@link gradwirecheckpoint.CheckpointSetting.verify|verify} messages.
         * @function encode
         * @memberof gradwirecheckpoint.CheckpointSetting
         * @static
         * @param {gradwirecheckpoint.CheckpointSetting.$Properties} message CheckpointSetting message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        CheckpointSetting.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.name);
            if (message.value != null && $Object.hasOwnProperty.call(message, "value") && message.value !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.value);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a CheckpointSetting message from the specified reader or buffer.
         * @function decode
         * @memberof gradwirecheckpoint.CheckpointSetting
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {gradwirecheckpoint.CheckpointSetting & gradwirecheckpoint.CheckpointSetting.$Shape} CheckpointSetting
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        CheckpointSetting.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.gradwirecheckpoint.CheckpointSetting();
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
                            message.name = value;
                        else
                            delete message.name;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.value = value;
                        else
                            delete message.value;
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

        return CheckpointSetting;
    })();

    gradwirecheckpoint.CheckpointPart = (function() {

        /**
         * Properties of a CheckpointPart.
         * @typedef {Object} gradwirecheckpoint.CheckpointPart.$Properties
         * @property {string|null} [name] CheckpointPart name
         * @property {number|null} [bytes] CheckpointPart bytes
         * @property {Uint8Array|null} [digest] SHA-256 of the file, 32 bytes.
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a CheckpointPart.
         * @memberof gradwirecheckpoint
         * @interface ICheckpointPart
         * @augments gradwirecheckpoint.CheckpointPart.$Properties
         * @deprecated Use gradwirecheckpoint.CheckpointPart.$Properties instead.
         */

        /**
         * Shape of a CheckpointPart.
         * @typedef {gradwirecheckpoint.CheckpointPart.$Properties} gradwirecheckpoint.CheckpointPart.$Shape
         */

        /**
         * Constructs a new CheckpointPart.
         * @memberof gradwirecheckpoint
         * @classdesc A file beside the manifest.
         * @constructor
         * @param {gradwirecheckpoint.CheckpointPart.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const CheckpointPart = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * CheckpointPart name.
         * @member {string} name
         * @memberof gradwirecheckpoint.CheckpointPart
         * @instance
         */
        CheckpointPart.prototype.name = "";

        /**
         * CheckpointPart bytes.
         * @member {number} bytes
         * @memberof gradwirecheckpoint.CheckpointPart
         * @instance
         */
        CheckpointPart.prototype.bytes = 0;

        /**
         * SHA-256 of the file, 32 bytes.
         * @member {Uint8Array} digest
         * @memberof gradwirecheckpoint.CheckpointPart
         * @instance
         */
        CheckpointPart.prototype.digest = $util.newBuffer([]);

        /**
         * Creates a new CheckpointPart instance using the specified properties.
         * @function create
         * @memberof gradwirecheckpoint.CheckpointPart
         * @static
         * @param {gradwirecheckpoint.CheckpointPart.$Properties=} [properties] Properties to set
         * @returns {gradwirecheckpoint.CheckpointPart} CheckpointPart instance
         * @type {{
         *   (properties: gradwirecheckpoint.CheckpointPart.$Shape): gradwirecheckpoint.CheckpointPart & gradwirecheckpoint.CheckpointPart.$Shape;
         *   (properties?: gradwirecheckpoint.CheckpointPart.$Properties): gradwirecheckpoint.CheckpointPart;
         * }}
         */
        CheckpointPart.create = function(properties) {
            return new CheckpointPart(properties);
        };

        /**
         * Encodes the specified CheckpointPart message. Does not implicitly {@link gradwirecheckpoint.CheckpointPart.verify|verify} messages.
         * @function encode
         * @memberof gradwirecheckpoint.CheckpointPart
         * @static
         * @param {gradwirecheckpoint.CheckpointPart.$Properties} message CheckpointPart message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        CheckpointPart.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.name);
            if (message.bytes != null && $Object.hasOwnProperty.call(message, "bytes") && !$Object.is(message.bytes, 0))
                writer.uint32(/* id 2, wireType 1 =*/17).double(message.bytes);
            if (message.digest != null && $Object.hasOwnProperty.call(message, "digest") && message.digest.length)
                writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.digest);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a CheckpointPart message from the specified reader or buffer.
         * @function decode
         * @memberof gradwirecheckpoint.CheckpointPart
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {gradwirecheckpoint.CheckpointPart & gradwirecheckpoint.CheckpointPart.$Shape} CheckpointPart
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        CheckpointPart.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.gradwirecheckpoint.CheckpointPart();
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
                            message.name = value;
                        else
                            delete message.name;
                        continue;
                    }
                case 2: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.bytes = value;
                        else
                            delete message.bytes;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.digest = value;
                        else
                            delete message.digest;
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

        return CheckpointPart;
    })();

    return gradwirecheckpoint;
})();

export {
  $root as default
};
