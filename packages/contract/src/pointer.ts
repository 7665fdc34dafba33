export { pointerOf } from '@rostrum/shared/pointer';
