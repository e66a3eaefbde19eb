import type { sendUnaryData } from '@grpc/grpc-js';
import gossip from '@eventstore/db-client/generated/gossip_pb.js';
import type { ClusterInfo } from '@eventstore/db-client/generated/gossip_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { FakeFaults } from './fake-faults.ts';
import { errorOfFault } from './grpc-errors.ts';

/** A node of a cluster, as its nodes tell of it. */
export interface FakeMember {
  readonly port: number;
  readonly state: 'leader' | 'follower' | 'catching-up';
  readonly isAlive: boolean;
}

const { VNodeState } = gossip.MemberInfo;
const states = {
  leader: VNodeState.LEADER,
  follower: VNodeState.FOLLOWER,
  'catching-up': VNodeState.CATCHINGUP,
} as const;

/** Tells whoever asks which nodes there are; a real server does so without asking who that is. */
export function gossipHandler(members: () => readonly FakeMember[], faults: FakeFaults) {
  return (_call: unknown, reply: sendUnaryData<ClusterInfo>): void => {
    const fault = faults.meet('gossip');
    const error = errorOfFault(fault);
    if (error !== undefined) reply(error);
    else if (fault?.kind !== 'hang') {
      reply(null, new gossip.ClusterInfo().setMembersList(members().map(memberInfo)));
    }
  };
}

function memberInfo({ port, state, isAlive }: FakeMember): InstanceType<typeof gossip.MemberInfo> {
  return new gossip.MemberInfo()
    .setInstanceId(new shared.UUID().setString(crypto.randomUUID()))
    .setTimeStamp(String(Date.now()))
    .setState(states[state])
    .setIsAlive(isAlive)
    .setHttpEndPoint(new gossip.EndPoint().setAddress('127.0.0.1').setPort(port));
}
