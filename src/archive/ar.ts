import { type FileHandle, open } from 'node:fs/promises';
import { badDeb } from './errors.js';

export interface ArMember {
  name: string;
  /** Where its content begins in the file, and how many bytes it has. */
  offset: number;
  size: number;
}

const magic = '!<arch>\n';
const headerLength = 60;

// Columns of the header: ar(5).
const parseHeader = (path: string, header: Buffer, offset: number): ArMember => {
  const text = header.toString('latin1');
  const size = text.slice(48, 58).trim();
  if (text.slice(58, 60) !== '`\n' || !/^\d+$/.test(size))
    throw badDeb(path, `No ar member begins at byte ${offset}.`);
  return {
    name: text.slice(0, 16).trimEnd().replace(/\/$/, ''),
    offset: offset + headerLength,
    size: Number(size),
  };
};

const readAt = async (file: FileHandle, length: number, offset: number): Promise<Buffer> => {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
};

const readMembers = async (path: string, file: FileHandle): Promise<ArMember[]> => {
  const { size } = await file.stat();
  const members: ArMember[] = [];
  for (let at = magic.length; at < size; ) {
    const member = parseHeader(path, await readAt(file, headerLength, at), at);
    const end = member.offset + member.size;
    if (end > size) throw badDeb(path, `Its member ${member.name} ends after the file does.`);
    members.push(member);
    at = end + (end % 2);
  }
  return members;
};

/** Lists the members of an ar archive, as .deb and .udeb files are (deb(5)). Throws VAPP_ARCHIVE_BAD_DEB. */
export const readAr = async (path: string): Promise<ArMember[]> => {
  const file = await open(path);
  try {
    const start = await readAt(file, magic.length, 0);
    if (start.toString('latin1') !== magic) throw badDeb(path, 'It is no ar archive.');
    return await readMembers(path, file);
  } finally {
    await file.close();
  }
};
